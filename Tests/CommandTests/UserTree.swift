/// A copy of a kernel tree that scripts/kernel-tree has brought: only what the tool uses, to be changed by a test.
import Foundation
import TestSupport
import Testing

struct UserTree {
  /// Without one the tests that need it are skipped, and CI says so.
  static let source = BroughtTrees.named("7.3")

  static let why: Comment = "no kernel tree: scripts/kernel-tree 7.3 brings one"

  static let restore = "__kvm_tdp_mmu_write_spte(iter->sptep, iter->old_spte);"

  let root: URL
  var file: URL { root.appendingPathComponent("arch/x86/kvm/mmu/tdp_mmu.c") }

  init(in scratch: Scratch, name: String = "linux") throws {
    root = URL(fileURLWithPath: scratch.file(name))
    try BroughtTrees.copy(#require(Self.source), to: root)
  }

  func text() throws -> String { try String(contentsOf: file, encoding: .utf8) }

  func write(_ text: String) throws { try BroughtTrees.change(file) { _ in text } }

  /// Changes the one place that reads so.
  func replace(_ text: String, with replacement: String) throws {
    let before = try self.text()
    try #require(before.components(separatedBy: text).count == 2, "the tree has no such text, or several")
    try write(before.replacingOccurrences(of: text, with: replacement))
  }

  /// Puts a statement where a fault meets an SPTE that another one has frozen: a race.
  func whenRacing(_ statement: String) throws {
    try put(statement, where: "is_frozen_spte(kvm_tdp_mmu_read_spte(iter->sptep))")
  }

  /// Puts a statement where an SPTE that is present changes under the read lock: all threads come there all the time.
  func whenChanging(_ statement: String) throws {
    try put(statement, where: "is_shadow_present_pte(iter->old_spte)")
  }

  private func put(_ statement: String, where condition: String) throws {
    let place = "\tlockdep_assert_held_read(&kvm->mmu_lock);\n\n\t/* Should not set"
    try replace(place, with: "\tif (\(condition))\n\t\t\(statement)\n" + place)
  }
}
