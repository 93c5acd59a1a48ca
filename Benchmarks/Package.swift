// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that who builds the tool does not build this, and the tool's package depends on nothing
// that only a measurement needs. The name on the path dependency keeps it independent of the clone's folder name.
let package = Package(
  name: "stress-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "stress", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
  ],
  targets: [
    .target(name: "CBaseline", cSettings: [.unsafeFlags(["-O2"])]),
    .target(
      name: "CExplorationBaseline",
      dependencies: [.product(name: "CFibers", package: "stress")],
      cSettings: [.unsafeFlags(["-O3"])]),
    .executableTarget(
      name: "stress-bench",
      dependencies: [
        "CBaseline", "CExplorationBaseline",
        .product(name: "Campaign", package: "stress"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
