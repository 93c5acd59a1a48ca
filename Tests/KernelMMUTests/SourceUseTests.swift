/// Whether each function of a tree is compiled, or told as one that is not: no change of a tree passes in silence.
import Foundation
import KernelMMU
import TestSupport
import Testing

@Suite struct SourceUseTests {
  private static let old = """
    #define USED 1
    #define UNUSED 2
    struct shape {
    \tint taken;
    \tint left;
    };
    static int used(void)
    {
    #ifdef CONFIG_X
    \treturn 1;
    #else
    \treturn USED;
    #endif
    }
    int uncalled(void) { return 0; }
    int answered(void) { return 0; }
    int unused(void) { return 0; }
    """

  private static func use(isWhole: Bool = false) -> SourceUse {
    func item(
      _ name: String, _ kind: SourceUse.Kind, _ lines: ClosedRange<Int>, _ state: SourceUse.State, by: String = "",
      leftOut: [[Int]] = []
    ) -> SourceUse.Item {
      SourceUse.Item(
        name: name, kind: kind, line: lines.lowerBound, lastLine: lines.upperBound, state: state, by: by,
        leftOut: leftOut)
    }
    return SourceUse(files: [
      SourceUse.File(
        path: "a.c", isWhole: isWhole,
        items: [
          item("USED", .macro, 1...1, .used), item("UNUSED", .macro, 2...2, .unused),
          item("shape", .type, 3...6, .used, leftOut: [[5, 5]]),
          item("used", .function, 7...14, .used, leftOut: [[10, 10]]),
          item("uncalled", .function, 15...15, .uncalled),
          item("answered", .function, 16...16, .answered, by: "glue/x.c"),
          item("unused", .function, 17...17, .unused),
        ])
    ])
  }

  private func unseen(
    from old: String? = Self.old, _ new: String?, in path: String = "a.c", isWhole: Bool = false
  ) -> [String] {
    var changes = TreeChanges(Self.use(isWhole: isWhole))
    changes.add(path, old: old.map { Array($0.utf8) }, new: new.map { Array($0.utf8) })
    return UnseenChange.lines(changes.unseen)
  }

  private func unseen(replacing text: String, _ other: String) -> [String] {
    unseen(Self.old.replacingOccurrences(of: text, with: other))
  }

  @Test func `what is compiled and called is seen, whatever changes in it`() {
    #expect(unseen(replacing: "return USED", "return 7") == [])
    #expect(unseen(replacing: "USED 1", "USED 3") == [])
    #expect(unseen(replacing: "int taken", "long taken") == [])
  }

  @Test func `what is not is told by its name and reason`() {
    func changed(_ name: String) -> [String] {
      unseen(replacing: "\(name)(void) { return 0", "\(name)(void) { return 1")
    }
    #expect(changed("unused") == ["changed, not compiled: unused() (a.c)"])
    #expect(changed("uncalled") == ["changed, never called: uncalled() (a.c)"])
    #expect(changed("answered") == ["changed, answered by glue/x.c: answered() (a.c)"])
    #expect(unseen(replacing: "UNUSED 2", "UNUSED 3") == ["changed, not compiled: UNUSED (a.c)"])
  }

  @Test func `a part that the preprocessor leaves out is told`() {
    #expect(unseen(replacing: "return 1;", "return 9;") == ["changed, not compiled: part of used() (a.c)"])
    #expect(unseen(replacing: "int left", "long left") == ["changed, not compiled: part of shape (a.c)"])
  }

  @Test func `comments, white space and another place are no change`() {
    #expect(unseen(replacing: "int unused(void) {", "int  unused(void)\n/* new */ {") == [])
    let lines = Self.old.components(separatedBy: "\n")
    #expect(unseen((lines.suffix(1) + lines.dropLast(1)).joined(separator: "\n")) == [])
  }

  @Test func `what was added, taken away, or is no C is told`() {
    #expect(unseen(Self.old + "\nint more(void) { return 0; }\n") == ["changed, not compiled: more() (a.c)"])
    #expect(unseen(replacing: "int unused(void) { return 0; }", "") == ["changed, not compiled: unused() (a.c)"])
    #expect(unseen(Self.old + "\nmodule_param(x, int, 0);\n") == ["changed, not compiled: file-scope lines (a.c)"])
    #expect(unseen(Self.old + "\nmodule_param(x, int, 0);\n", isWhole: true) == [])
    #expect(unseen(from: nil, "int f(void) { }", in: "b.c") == ["changed, not compiled: b.c"])
    #expect(unseen(from: "int f(void) { }", nil, in: "b.c") == ["changed, not compiled: b.c"])
    let changed = unseen(from: "int f(void) { }", "int f(void) { return; }", in: "b.c")
    #expect(changed == ["changed, not compiled: f() (b.c)"])
    #expect(unseen(from: "config A", "config B", in: "Kconfig") == ["changed, not compiled: Kconfig"])
  }

  // MARK: Every function of a real tree

  private static let junk = " this is not C; "

  /// Where a function's body begins: its text with junk there, on the line that it had.
  private static func broken(_ lines: [Substring], _ item: SourceUse.Item) -> String? {
    var lines = lines.map(String.init)
    guard let line = (item.line...item.lastLine).first(where: { lines[$0 - 1].contains("{") }) else { return nil }
    let brace = lines[line - 1].firstIndex(of: "{")
    lines[line - 1].insert(contentsOf: junk, at: lines[line - 1].index(after: brace ?? lines[line - 1].startIndex))
    return lines.joined(separator: "\n")
  }

  /// Every fifth of them, which takes a second or two. scripts/kernel-seen does it with all, compiler and all.
  @Test(.enabled(if: !Trees.present.isEmpty))
  func `junk in a function is compiled, or told as outside`() throws {
    let tree = try #require(Trees.present.first.flatMap { Trees.path($0) })
    let use = try #require(try KernelBuilder(tree: tree).build().use)
    var (seen, told) = (0, 0)
    for file in use.files where !file.functions.isEmpty {
      let text = try String(contentsOf: tree.appendingPathComponent(file.path), encoding: .utf8)
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      for item in file.functions.enumerated().filter({ $0.offset % 5 == 0 }).map(\.element) {
        var changes = TreeChanges(use)
        let broken = try #require(Self.broken(lines, item), "\(item.name)")
        changes.add(file.path, old: Array(text.utf8), new: Array(broken.utf8))
        if item.state == .used { seen += 1 } else { told += 1 }
        #expect(
          changes.unseen.map(\.name) == (item.state == .used ? [] : [item.shown]), "\(item.name) of \(file.path)")
      }
    }
    #expect(seen > 20 && told > 100)
  }

  /// The TDP MMU's callers that operations go through.
  private static let callers: [(path: String, functions: Set<String>)] = [
    (
      "arch/x86/kvm/mmu/mmu.c",
      [
        "kvm_mmu_zap_all_fast", "kvm_zap_gfn_range", "kvm_mmu_zap_all", "kvm_arch_flush_shadow_all",
        "kvm_unmap_gfn_range", "kvm_age_gfn", "kvm_test_age_gfn", "kvm_arch_pre_set_memory_attributes",
        "kvm_arch_post_set_memory_attributes", "kvm_mmu_slot_remove_write_access", "kvm_mmu_slot_leaf_clear_dirty",
        "kvm_mmu_slot_try_split_huge_pages", "kvm_mmu_try_split_huge_pages", "kvm_mmu_recover_huge_pages",
        "kvm_mmu_slot_gfn_write_protect", "kvm_arch_mmu_enable_log_dirty_pt_masked",
      ]
    ), ("arch/x86/kvm/x86.c", ["kvm_mmu_slot_apply_flags"]),
  ]

  @Test(arguments: Trees.present)
  func `the callers of the TDP MMU are the tree's own`(version: String) throws {
    let tree = try #require(Trees.path(version))
    let use = try #require(try KernelBuilder(tree: tree).build().use)
    for (path, functions) in Self.callers {
      let used = Set(use.file(path)?.functions.filter { $0.state == .used }.map(\.name) ?? [])
      #expect(functions.subtracting(used) == [])
    }
  }

  @Test(
    .enabled(if: !Trees.present.isEmpty), arguments: callers.flatMap { c in c.functions.sorted().map { (c.path, $0) } })
  func `junk in a caller fails the build`(path: String, function: String) throws {
    let scratch = try OwnedScratch()
    let tree = try Trees.copy(to: scratch.folder)
    let original = try #require(Trees.present.first.flatMap { Trees.path($0) })
    let use = try #require(try KernelBuilder(tree: original).build().use)
    let item = try #require(use.file(path)?.functions.first { $0.name == function })
    try Trees.edit(tree, path) { text in
      Self.broken(text.split(separator: "\n", omittingEmptySubsequences: false), item) ?? ""
    }
    #expect(throws: KernelBuildError.self) { try KernelBuilder(tree: tree, cache: scratch.folder).build() }
  }

  @Test(
    .enabled(if: !Trees.present.isEmpty),
    arguments: [("arch/x86/kvm/vmx/tdx.c", SourceUse.State.used), ("arch/x86/kvm/mmu/spte.h", .uncalled)])
  func `junk in a compiled function fails the build`(path: String, state: SourceUse.State) throws {
    let scratch = try OwnedScratch()
    let tree = try Trees.copy(to: scratch.folder)
    let original = try #require(Trees.present.first.flatMap { Trees.path($0) })
    let use = try #require(try KernelBuilder(tree: original).build().use)
    let item = try #require(use.file(path)?.functions.first { $0.state == state })
    try Trees.edit(tree, path) { text in
      Self.broken(text.split(separator: "\n", omittingEmptySubsequences: false), item) ?? ""
    }
    #expect(throws: KernelBuildError.self) { try KernelBuilder(tree: tree, cache: scratch.folder).build() }
  }
}
