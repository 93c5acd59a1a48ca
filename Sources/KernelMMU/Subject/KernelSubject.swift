/// A kernel that was built from a user's tree and loaded: what an engine makes worlds of.
import Foundation
import Machine

public struct KernelSubject: Sendable {
  package private(set) var loaded: LoadedKernel
  /// For example `7.3.4`.
  public let version: String
  /// Of the tree's files that are used: two trees with the same hash behave alike.
  public let treeHash: UInt64
  /// In the place of a protocol's name.
  public var name: String { "linux-\(version)" }
  /// As the user gave it.
  public let path: String
  /// The first line of its `--version`.
  public let compilerVersion: String
  package private(set) var origin = KernelOrigin()
  /// The name of the model's protocol that the tree's code follows: what it is compared with.
  package let followedProtocol: String
  /// Aging is an atomic AND, and no cmpxchg.
  package let agesByFetchAnd: Bool
  /// PAGE.ADD of an initial page comes after its mirror SPTE was set.
  package var addsPagesLate: Bool { loaded.table.pointee.adds_pages_late }
  /// There is private memory, and a VM of it is a TD; otherwise it has direct roots alone.
  package var hasMirrorRoots: Bool { loaded.table.pointee.has_mirror_roots }
  /// NX recovery holds mmu_lock for write.
  package var recoversNxExclusively: Bool { loaded.table.pointee.recovers_nx_exclusively }
  /// Accesses that the kernel does not annotate are schedule points too.
  public let plainAccesses: Bool
  /// What of its code ran; nil where that is not counted.
  package var coverage: KernelCoverage? { loaded.coverage }
  /// What it was compiled with, by name or path, where one was asked for.
  public var compiler: String?
  /// RACE-1 is looked at where it can be: on fibers, with plain accesses.
  public var checksRaces = false
  /// Where worlds note what they run, where another process watches over this one.
  package var blackBox: BlackBox?
  /// What its code may use of the processor without passing a schedule point, in nanoseconds.
  package var hangLimit = ForeignCode.hangLimit

  package init(_ built: BuiltKernel, path: String) throws(KernelBuildError) {
    loaded = try LoadedKernel(built)
    version = built.version
    treeHash = built.treeHash
    plainAccesses = built.plainAccesses
    compilerVersion = built.compiler
    self.path = path
    let tree = URL(fileURLWithPath: path, isDirectory: true)
    agesByFetchAnd = FollowedProtocol.agesByFetchAnd(tree)
    followedProtocol = (FollowedProtocol.of(tree) ?? .mainline).rawValue
  }

  /// The same kernel with variables of its own, for a world on fibers until it gives it back.
  package func borrowed() -> KernelSubject {
    var own = self
    own.loaded = loaded.borrowed()
    return own
  }

  package func giveBack() { loaded.giveBack() }

  /// Threads race in it from now on.
  package func keepForThreads() { loaded.keepForThreads() }

  /// Its machine code.
  package var code: ForeignCode { ForeignCode(at: loaded.table.pointee.base, hangLimit: hangLimit) }

  /// Builds the tree, or takes it from the cache, and loads it.
  /// - Parameters:
  ///   - compiler: its name or path; nil for `$CC`, or else whichever of clang and gcc is there.
  ///   - plainAccesses: accesses that the kernel does not annotate are schedule points too.
  ///   - base: the commit that changes are told from; nil for the one that is checked out.
  public static func open(
    _ path: String, compiler: String? = nil, plainAccesses: Bool = false, base: String? = nil
  ) throws(KernelBuildError) -> KernelSubject {
    try open(path, compiler: compiler, plainAccesses: plainAccesses, coverage: false, base: base)
  }

  /// The same; what of its code runs may be counted.
  package static func open(
    _ path: String, compiler: String? = nil, plainAccesses: Bool = false, coverage: Bool, base: String? = nil
  ) throws(KernelBuildError) -> KernelSubject {
    let tree = URL(fileURLWithPath: path, isDirectory: true)
    var builder = KernelBuilder(tree: tree, compiler: compiler, plainAccesses: plainAccesses)
    builder.coverage = coverage
    let built = try builder.build()
    var subject = try KernelSubject(built, path: path)
    guard let origin = KernelOrigin(tree, base: base, use: built.use) else {
      throw .noCommit(path: path, name: base ?? "HEAD")
    }
    subject.origin = origin
    subject.compiler = compiler
    return subject
  }
}

extension KernelSubject: Equatable {
  public static func == (left: KernelSubject, right: KernelSubject) -> Bool {
    left.loaded.isSame(as: right.loaded)
  }
}
