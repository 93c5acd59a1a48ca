import Machine

/// A guest with a 4K mapping at every gfn, for measuring what a guest of a size costs in memory.
public enum FullGuest {
  /// Maps all of the guest's memory as private 4K pages, with every checker on, and verifies the trees.
  /// - Returns: false if the memory could not be had or a rule was broken.
  public static func map(gib: Int, seed: UInt64 = 1) -> Bool {
    var configuration = SoakConfiguration(
      threads: 1, length: .rounds(1), seed: seed, busyPercent: 0, perturbation: .off, memoryGiB: gib)
    configuration.isDisjoint = true
    guard let world = SoakWorld(configuration) else { return false }
    defer { world.destroy() }
    world.beginRound(RoundPlan(runSeed: seed, round: 0, guestPages: world.guestPages))
    let task = world.mainTask
    for gfn in 0..<world.guestPages where !task.isHalted {
      world.carryOut(task, Request(operation: .fault, range: gfn..<(gfn + 1), draw: 0))
    }
    if !task.isHalted { world.endRound() }
    return !task.isHalted
  }
}
