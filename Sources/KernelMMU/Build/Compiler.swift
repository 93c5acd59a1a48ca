/// clang or gcc, and the flags that kernel code is compiled with.
import CKernelABI
import Foundation

struct Compiler {
  let path: String
  /// The first line of `--version`: part of a cache entry's name.
  let version: String

  /// `name`, else `$CC`, else whichever is there.
  static func choose(_ name: String?, scratch: URL) throws(KernelBuildError) -> Compiler {
    let named = name ?? ProcessInfo.processInfo.environment["CC"].flatMap { $0.isEmpty ? nil : $0 }
    let candidates = named.map { [$0] } ?? ["clang", "gcc", "cc"]
    for candidate in candidates {
      guard let path = Subprocess.find(candidate),
        let result = Subprocess.run(
          path, ["--version"], in: scratch, log: scratch.appendingPathComponent("version.log")),
        result.status == 0, let line = result.output.split(separator: "\n").first
      else { continue }
      return Compiler(path: path, version: String(line))
    }
    throw .noCompiler(tried: candidates)
  }

  /// The kernel's own dialect, without what would make code depend on the machine it is built on. Assertions about
  /// warnings are left to the kernel's build.
  static let flags = [
    "-std=gnu11", "-O2", "-g", "-gdwarf-4", "-fPIC", "-nostdinc", "-ffreestanding", "-fno-strict-aliasing",
    "-fno-strict-overflow",
    "-fno-common", "-fno-delete-null-pointer-checks", "-fvisibility=hidden", "-fno-stack-protector",
    "-fno-asynchronous-unwind-tables", "-Werror=implicit-function-declaration", "-Werror=implicit-int",
    "-Werror=incompatible-pointer-types", "-Werror=int-conversion", "-Werror=return-type",
  ]

  /// To hear of all that is missing at once.
  var checkFlags: [String] {
    version.contains("clang")
      ? ["-ferror-limit=0", "-fno-caret-diagnostics", "-fno-color-diagnostics"]
      // What -fdiagnostics-plain-output comes to, which gcc has since 11.
      : [
        "-fmax-errors=0", "-fno-diagnostics-show-caret", "-fdiagnostics-color=never", "-fdiagnostics-urls=never",
      ]
  }

  /// For the kernel's own code: the compiler calls a hook before each access, as for KCSAN. READ_ONCE() and its like
  /// are volatile, and a read that its own write follows is one of two steps.
  var plainFlags: [String] {
    let options =
      version.contains("clang")
      ? ["distinguish-volatile", "instrument-read-before-write"].flatMap { ["-mllvm", "-tsan-\($0)=1"] }
        + ["-mllvm", "-tsan-instrument-func-entry-exit=0"]
      : ["distinguish-volatile=1", "instrument-func-entry-exit=0"].map { "--param=tsan-\($0)" }
    return ["-fsanitize=thread"] + options
  }

  /// For the kernel's own code: before each access stands a look at the shadow, as for KASAN, and a call where that
  /// says so; where there can be no shadow, a call. Stacks and variables are left out.
  var saneFlags: [String] {
    let calls = Shadow.isMapped ? 1 << 30 : 0
    let options = ["instrumentation-with-call-threshold=\(calls)", "stack=0", "globals=0"]
    let offset = STRESS_SHADOW_OFFSET.hex
    return ["-fsanitize=kernel-address"]
      + (version.contains("clang")
        ? (options + ["mapping-offset=\(offset)"]).flatMap { ["-mllvm", "-asan-\($0)"] }
        : options.map { "--param=asan-\($0)" } + ["-fasan-shadow-offset=\(offset)"])
  }

  /// For the kernel's own code: what ran is counted, and a file of notes beside the object says what the counters mean.
  /// One fiber runs at a time in a kernel, so that no counter need be atomic; where threads race some counts are lost.
  var countingFlags: [String] {
    ["--coverage"] + (version.contains("clang") ? [] : ["-fprofile-update=single"])
  }

  /// What kernel code is compiled with beside `flags`.
  func kernelFlags(plainAccesses: Bool, coverage: Bool) -> [String] {
    ["-DSTRESS_IS_KERNEL=1"] + (plainAccesses ? plainFlags : saneFlags) + (coverage ? countingFlags : [])
  }

  /// What all files are compiled with where the kernel's code is counted. Each variable has a section of its own, by
  /// which the linker tells counters from others.
  static let coverageFlags = ["-DSTRESS_COVERAGE=1", "-fdata-sections"]

  /// gold, which some compilers take where nothing else is said, cannot add to its own script.
  static var scriptLinker: [String] {
    ["bfd", "lld"].first { Subprocess.find("ld.\($0)") != nil }.map { ["-fuse-ld=\($0)"] } ?? []
  }

  /// For the linker, where there are counters: they come behind all variables.
  static let coverageScript = """
    SECTIONS {
      .stress_counters : ALIGN(64) {
        HIDDEN(stress_counters_start = .);
        *(.bss.__gcov0.* .bss.__llvm_gcov_ctr* .bss.stress_counters)
      }
    }
    INSERT AFTER .bss;

    """

  /// Every symbol must be found in what is linked: a function that a new kernel calls is missed here, by name. The
  /// object gets a name of its own, because some linkers take the path of their output for one.
  static let linkFlags = [
    "-shared", "-nostdlib", "-Wl,-z,defs", "-Wl,-Bsymbolic", "-Wl,--build-id=none", "-Wl,-soname,kernel.so",
  ]
}

extension KernelBuilder {
  /// A compiler that is there.
  package struct FoundCompiler: Sendable, Equatable {
    /// By which a build is given it.
    package var name: String
    /// The first line of its `--version`.
    package var version: String
  }

  /// Names the tool's own C, which every kernel is compiled with.
  package static var harness: String {
    guard let resources = try? KernelResources() else { return "" }
    var hash = ContentHash()
    for path in resources.files() {
      hash.add(path, KernelStage.contents(resources.root.appendingPathComponent(path)) ?? [])
    }
    return hash.text
  }

  /// `$CC`, if that is set, then clang and gcc, as far as they are there; another one where there is neither. No two
  /// are the same.
  package static func compilers(scratch: URL) -> [FoundCompiler] {
    let named = ProcessInfo.processInfo.environment["CC"].flatMap { $0.isEmpty ? nil : $0 }
    var found: [FoundCompiler] = []
    for name in [named, "clang", "gcc", "cc"].compactMap({ $0 }) where name != "cc" || found.isEmpty {
      guard let compiler = try? Compiler.choose(name, scratch: scratch),
        !found.contains(where: { $0.version == compiler.version })
      else { continue }
      found.append(FoundCompiler(name: name, version: compiler.version))
    }
    return found
  }
}
