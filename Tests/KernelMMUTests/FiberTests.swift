import CKernelHost
import KernelMMU
import Testing

/// Kernel code on fibers that are switched at every schedule point.
@Suite(.enabled(if: !Trees.builds.isEmpty, "no kernel tree: scripts/kernel-tree brings one"))
struct FiberTests {
  private static var options: khost_options {
    var options = Rig.options
    options.tasks = 4
    options.logs = false
    return options
  }

  @Test(arguments: Trees.builds)
  func `a seed is a schedule, and breaks no rule`(_ build: Trees.Build) throws {
    let rig = try Rig(build, Self.options)
    let first = rig.runFibers(schedules: 50, seed: 7)
    #expect(first.switches > 50_000 && !first.deadlock && rig.violation == nil)
    #expect(rig.runFibers(schedules: 50, seed: 7).hash == first.hash)
    #expect(rig.runFibers(schedules: 50, seed: 8).hash != first.hash)
    #expect(rig.livePages == 0)
  }

  @Test func `compilers do not change a schedule`() throws {
    for version in Trees.present {
      let hashes = try Trees.compilers.map { compiler in
        let rig = try Rig(Trees.Build(version: version, compiler: compiler), Self.options)
        return rig.runFibers(schedules: 50, seed: 7).hash
      }
      #expect(Set(hashes).count == 1)
    }
  }

  /// What a violation does: nothing on a kernel stack is unwound, no lock is left, and the next schedule knows of none.
  @Test(arguments: Trees.builds)
  func `fibers that are never resumed leave nothing behind`(_ build: Trees.Build) throws {
    let rig = try Rig(build, Self.options)
    let whole = rig.runFibers(seed: 7).hash
    for points: UInt64 in [1, 37, 500] { _ = rig.runFibers(seed: 9, abandonAt: points) }
    #expect(rig.runFibers(seed: 7).hash == whole)
    #expect(rig.violation == nil)
  }

  @Test(arguments: Trees.builds)
  func `plain accesses are schedule points on request`(_ build: Trees.Build) throws {
    let tree = try #require(Trees.path(build.version))
    let plain = try LoadedKernel(KernelBuilder(tree: tree, compiler: build.compiler, plainAccesses: true).build())
    let rig = try Rig(plain, Self.options)
    let figures = rig.runFibers(seed: 7)
    #expect(!figures.deadlock && rig.violation == nil)
    #expect(rig.runFibers(seed: 7).hash == figures.hash)
    let annotated = try Rig(build, Self.options).runFibers(seed: 7)
    #expect(figures.points > annotated.points * 3 / 2)
  }
}
