/// What a record says of the kernel that was run.
import Episodes
import KernelMMU
import Records

extension RunRecord {
  /// Says what was run.
  mutating func note(_ kernel: KernelSubject?) {
    build = .current
    guard let kernel else { return }
    subject = "kernel"
    self.kernel = Kernel(kernel)
  }
}

extension RunRecord.Kernel {
  init(_ kernel: KernelSubject) {
    self.init(
      version: kernel.version, tree: SeedText.format(kernel.treeHash), path: ShellWord.quoted(kernel.path),
      plainAccesses: kernel.plainAccesses, compiler: kernel.compilerVersion, commit: kernel.origin.commit,
      changed: kernel.origin.base == nil ? nil : kernel.origin.changed, base: kernel.origin.base,
      unseen: kernel.origin.base == nil
        ? nil : kernel.origin.unseen.map { .init(name: $0.name, file: $0.file, reason: $0.reason) })
  }
}
