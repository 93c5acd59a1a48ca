/// What a record says of a subject that is a user's kernel.
import Machine

extension RunRecord {
  public struct Kernel: Codable, Sendable, Equatable {
    /// As the tree's Makefile has it.
    public var version: String
    /// Hash of the tree's files that are used, `0x` and 16 digits.
    public var tree: String
    /// The tree, as a shell takes it.
    public var path: String
    /// Accesses that the kernel does not annotate were schedule points too.
    public var plainAccesses: Bool
    /// The first line of its `--version`.
    @NullIfAbsent public var compiler: String?
    /// Null where git knows none.
    @NullIfAbsent public var commit: String?
    /// Files that are used and differ from the commit; null where git knows none.
    @NullIfAbsent public var changed: [String]?
    /// The commit that `unseen` is told from: the tree's own, or that of `--base`.
    @NullIfAbsent public var base: String?
    /// What differs from `base` and is outside what the run can see; null where git knows no commit.
    @NullIfAbsent public var unseen: [RunRecord.Unseen]?

    package init(
      version: String, tree: String, path: String, plainAccesses: Bool = false, compiler: String? = nil,
      commit: String? = nil, changed: [String]? = nil, base: String? = nil, unseen: [RunRecord.Unseen]? = nil
    ) {
      self.compiler = compiler
      self.commit = commit
      self.changed = changed
      self.base = base
      self.unseen = unseen
      self.path = path
      self.plainAccesses = plainAccesses
      self.version = version
      self.tree = tree
    }
  }

  /// A change that the run cannot see.
  public struct Unseen: Codable, Sendable, Equatable {
    /// `f()` for a function, the name of what else it is, or empty for a whole file.
    public var name: String
    public var file: String
    /// `not compiled`, `never called`, or `answered by` what stands in its place.
    public var reason: String

    package init(name: String, file: String, reason: String) {
      self.name = name
      self.file = file
      self.reason = reason
    }
  }
}

extension RunRecord.Kernel {
  /// What was run, in a few words: where this is another, so is the campaign.
  package var named: String { "kernel tree \(tree)" + (plainAccesses ? " with plain accesses" : "") }

  /// What the run cannot see of what has changed, a line for each file and reason.
  public var unseenLines: [String] { UnseenLines.of((unseen ?? []).map { ($0.name, $0.file, $0.reason) }) }

  /// Where the tree stood and what compiled it, as far as it is known.
  public var origin: [String] {
    var lines: [String] = []
    if let commit {
      let changed = changed ?? []
      lines.append(
        "commit \(commit)" + (changed.isEmpty ? "" : " with local changes: \(changed.joined(separator: ", "))"))
    }
    if let compiler { lines.append("compiled by \(compiler)") }
    return lines
  }
}
