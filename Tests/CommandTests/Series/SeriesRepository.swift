/// A repository of twelve commits over a kernel tree, made of edits that say what each is for, and the table that
/// `stress series` has to give of it.
import Foundation
import Testing

struct SeriesRepository {
  private static let mmu = "arch/x86/kvm/mmu/tdp_mmu.c"
  private static let write = "\t\tif (ret)\n\t\t\t\(UserTree.restore)\n\t\telse\n"
  private static let asks = "KVM_MMU_WARN_ON(is_frozen_spte(new_spte));"
  private static let helper = "bool spte_needs_atomic_update(u64 spte);"

  /// Where, what stands there once, what takes its place. Nothing that stands there: what is added at the end.
  struct Edit: Sendable {
    var file: String
    var old: String
    var new: String

    init(_ file: String, _ old: String, _ new: String) {
      self.file = file
      self.old = old
      self.new = new
    }
  }

  struct Step: Sendable {
    var subject: String
    var verdict: String
    var edits: [Edit]

    init(_ subject: String, _ verdict: String, _ edits: Edit...) {
      self.subject = subject
      self.verdict = verdict
      self.edits = edits
    }
  }

  private static let setter = "static inline int __must_check tdp_mmu_set_spte_atomic("
  private static let wrapper =
    "static inline bool iter_is_mirror(struct tdp_iter *iter)\n{\n\treturn is_mirror_sptep(iter->sptep);\n}\n\n"
  private static let most = "static inline gfn_t tdp_mmu_max_gfn_exclusive(void)\n{"
  private static let needs = "bool spte_needs_atomic_update(u64 spte)\n{"
  private static let may = "bool spte_may_change(u64 spte)\n{\n\treturn !is_frozen_spte(spte);\n}\n\n"
  private static let track = "static void tdx_track(struct kvm *kvm)\n{"
  private static let broken = "still broken since 4/12"

  static let commits: [Step] = [
    Step(
      "Say in fewer words what a frozen SPTE is for", "ok",
      Edit(mmu, "/* Should not set FROZEN_SPTE as a long-term value. */", "/* FROZEN_SPTE is no long-term value. */")),
    Step(
      "Add a helper for mirror iterators", "ok", Edit(mmu, setter, "\(wrapper)\(setter)"),
      Edit(mmu, "\tif (is_mirror_sptep(iter->sptep))\n\t\tret = __", "\tif (iter_is_mirror(iter))\n\t\tret = __")),
    Step("Touch nothing that is used", "not affected", Edit("arch/x86/kvm/svm/svm.c", "", "/* nothing */\n")),
    Step("Write the new SPTE only", "breaks FRZ-3", Edit(mmu, write, "\t\tif (!ret)\n")),
    Step("Assert that levels begin with 4K", broken, Edit(mmu, most, "\(most)\n\tBUILD_BUG_ON(!PG_LEVEL_4K);\n")),
    Step(
      "Ask another file whether an SPTE may change", broken,
      Edit("arch/x86/kvm/mmu/spte.h", helper, "\(helper)\nbool spte_may_change(u64 spte);"),
      Edit("arch/x86/kvm/mmu/spte.c", needs, "\(may)\(needs)"),
      Edit(mmu, asks, "KVM_MMU_WARN_ON(!spte_may_change(new_spte));")),
    Step(
      "Rename it in one place", "does not build (tdp_mmu.c:LINE wants spte_can_change)",
      Edit(mmu, "!spte_may_change(new_spte)", "!spte_can_change(new_spte)")),
    Step("Rename it back", broken, Edit(mmu, "!spte_can_change(new_spte)", "!spte_may_change(new_spte)")),
    Step("Restore the old SPTE after an error", "mends FRZ-3 of 4/12", Edit(mmu, "\t\tif (!ret)\n", write)),
    Step(
      "Say what tdx_track() does", "ok",
      Edit("arch/x86/kvm/vmx/tdx.c", track, "/* Begins another TLB epoch of the TD. */\n\(track)")),
    Step(
      "Add a function that nobody calls", "ok, 1 change not seen",
      Edit("arch/x86/kvm/x86.c", "", "\nint kvm_nobody_calls(void)\n{\n\treturn 12;\n}\n")),
    Step(
      "Ask for a frozen SPTE directly", "ok", Edit(mmu, "KVM_MMU_WARN_ON(!spte_may_change(new_spte));", asks)),
  ]

  let root: URL
  var path: String { root.path }
  /// Of the commit that the series stands on.
  let base: String

  init(in scratch: Scratch, name: String = "a linux") throws {
    let tree = try UserTree(in: scratch, name: name)
    root = tree.root
    try Git.run(["init", "--quiet"], in: root)
    try Self.commit("Linux", in: root)
    base = try Git.run(["rev-parse", "HEAD"], in: root).trimmingCharacters(in: .newlines)
    for commit in Self.commits {
      for edit in commit.edits { try Self.apply(edit, in: root) }
      try Self.commit(commit.subject, in: root)
    }
  }

  static func apply(_ edit: Edit, in root: URL) throws {
    let file = root.appendingPathComponent(edit.file)
    let before = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    if !edit.old.isEmpty {
      try #require(before.components(separatedBy: edit.old).count == 2, "\(edit.file) has not one \(edit.old)")
    }
    let after = edit.old.isEmpty ? before + edit.new : before.replacingOccurrences(of: edit.old, with: edit.new)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try? FileManager.default.removeItem(at: file)
    try after.write(to: file, atomically: false, encoding: .utf8)
  }

  static func commit(_ subject: String, in root: URL) throws {
    try Git.run(["add", "--all"], in: root)
    try Git.run(["commit", "--quiet", "--no-gpg-sign", "-m", subject], in: root)
  }

  /// Every byte below a folder, by path, and what each file is.
  /// - Parameter times: when each was written counts as well.
  static func bytes(_ folder: URL, times: Bool = true) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let path = folder.appendingPathComponent(name).path
      var status = stat()
      lstat(path, &status)
      let time = times ? " \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)" : ""
      contents[name] = Data("\(status.st_mode)\(time)".utf8) + (FileManager.default.contents(atPath: path) ?? Data())
    }
    return contents
  }
}
