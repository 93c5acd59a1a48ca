// swift-tools-version: 6.2
import PackageDescription

// One arrow direction: a target imports only what stands above it in this list. CONTRIBUTING.md has the picture.
// `scripts/lint` compares the imports of each target with its dependencies here, both ways: SwiftPM itself lets pass
// what a dependency brings along.
let package = Package(
  name: "stress",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "stress", targets: ["stress"]),
    .library(name: "Campaign", targets: ["Campaign"]),
    .library(name: "CFibers", targets: ["CFibers"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.6.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.1.4"),
  ],
  targets: [
    .target(name: "CAtomics", path: "CAtomics"),
    .target(name: "CFibers"),
    .target(name: "Machine", dependencies: ["CAtomics", "CFibers"]),
    .target(name: "SecureEPT", dependencies: ["CAtomics", "Machine"]),
    .target(name: "MirrorMMU", dependencies: ["CAtomics", "Machine", "SecureEPT"]),
    .target(name: "CKernelABI", path: "Sources/KernelMMU/ABI"),
    .target(
      name: "KernelMMU", dependencies: ["CAtomics", "CFibers", "CKernelABI", "Machine", "SecureEPT"],
      exclude: ["ABI"], resources: [.copy("Resources")]),
    .target(name: "Checkers", dependencies: ["CAtomics", "Machine"]),
    .target(name: "Scheduling", dependencies: ["CAtomics", "Machine"]),
    .target(name: "Records", dependencies: ["Machine"]),
    .target(name: "Episodes", dependencies: ["Machine", "SecureEPT", "MirrorMMU", "Scheduling"]),
    .target(
      name: "Executions",
      dependencies: [
        "CAtomics", "Machine", "SecureEPT", "MirrorMMU", "KernelMMU", "Checkers", "Scheduling", "Records", "Episodes",
      ]),
    .target(
      name: "Campaign",
      dependencies: [
        "CAtomics", "Machine", "SecureEPT", "MirrorMMU", "KernelMMU", "Checkers", "Scheduling", "Records", "Episodes",
        "Executions",
        .product(name: "Histogram", package: "hdrhistogram-swift"),
      ]),
    .target(
      name: "Reports", dependencies: ["Records"],
      resources: [
        "page.html", "style.css", "dom.js", "figures.js", "trace.js", "view.js", "signs.js", "timeline.js",
        "drawing.js",
        "tables.js", "steps.js", "explorer.js", "latency.js", "measurements.js", "code.js", "violation.js", "run.js",
        "matrix.js", "exhaust.js", "series.js",
        "main.js",
      ].map { .embedInCode("HTML/Resources/\($0)") }),
    .target(name: "Expected", path: "Expected", resources: [.embedInCode("matrix.json")]),
    .executableTarget(
      name: "stress",
      dependencies: [
        "Executions", "Campaign", "Reports", "Machine", "SecureEPT", "MirrorMMU", "KernelMMU", "Scheduling",
        "Expected",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(
      name: "TestSupport",
      dependencies: [
        "CAtomics", "Machine", "SecureEPT", "MirrorMMU", "KernelMMU", "Scheduling", "Executions", "Campaign",
      ], path: "Tests/TestSupport"),
    .testTarget(name: "TestSupportTests", dependencies: ["TestSupport"]),
    .testTarget(name: "CAtomicsTests", dependencies: ["CAtomics", "TestSupport"]),
    .testTarget(name: "CFibersTests", dependencies: ["CFibers"]),
    .testTarget(name: "MachineTests", dependencies: ["CAtomics", "Machine", "TestSupport"]),
    .testTarget(name: "SecureEPTTests", dependencies: ["CAtomics", "Machine", "SecureEPT", "TestSupport"]),
    .testTarget(name: "MirrorMMUTests", dependencies: ["CAtomics", "Machine", "SecureEPT", "MirrorMMU", "Checkers"]),
    .target(name: "CKernelHost", dependencies: ["CKernelABI", "CFibers"], path: "Tests/KernelMMUTests/CHost"),
    .testTarget(
      name: "KernelMMUTests", dependencies: ["KernelMMU", "CKernelABI", "CKernelHost", "TestSupport"],
      exclude: ["CHost"]),
    .testTarget(name: "CheckersTests", dependencies: ["CAtomics", "Machine", "Checkers", "TestSupport"]),
    .testTarget(name: "SchedulingTests", dependencies: ["CAtomics", "Machine", "Scheduling", "TestSupport"]),
    .testTarget(
      name: "EpisodesTests",
      dependencies: [
        "Machine", "SecureEPT", "MirrorMMU", "Checkers", "Scheduling", "Episodes", "Executions", "TestSupport",
      ]),
    .testTarget(
      name: "ExecutionsTests",
      dependencies: [
        "Machine", "SecureEPT", "MirrorMMU", "Scheduling", "Records", "Episodes", "Executions", "TestSupport",
      ]),
    .testTarget(
      name: "CampaignTests",
      dependencies: [
        "Records", "Executions", "Campaign", "Machine", "SecureEPT", "MirrorMMU", "KernelMMU", "Scheduling",
        "Expected", "TestSupport",
      ]),
    .testTarget(name: "ReportsTests", dependencies: ["Records", "Reports"]),
    .testTarget(
      name: "CommandTests", dependencies: ["Campaign", "Scheduling", "MirrorMMU", "KernelMMU", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
