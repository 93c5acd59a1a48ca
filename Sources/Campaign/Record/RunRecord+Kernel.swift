/// What a record says of a subject that is a user's kernel.
import KernelMMU

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

    public init(version: String, tree: String, path: String, plainAccesses: Bool = false) {
      self.path = path
      self.plainAccesses = plainAccesses
      self.version = version
      self.tree = tree
    }
  }

  /// Says what was run.
  mutating func note(_ kernel: KernelSubject?) {
    guard let kernel else { return }
    subject = "kernel"
    self.kernel = Kernel(kernel)
  }
}

extension RunRecord.Kernel {
  init(_ kernel: KernelSubject) {
    self.init(
      version: kernel.version, tree: SeedText.format(kernel.treeHash), path: RerunCommand.quoted(kernel.path),
      plainAccesses: kernel.plainAccesses)
  }
}

extension RunRecord.Kernel {
  /// What was run, in a few words: where this is another, so is the campaign.
  var named: String { "kernel tree \(tree)" + (plainAccesses ? " with plain accesses" : "") }
}
