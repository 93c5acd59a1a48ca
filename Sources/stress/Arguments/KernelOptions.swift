import ArgumentParser
import Campaign
import Foundation
import KernelMMU

/// The option by which a user's own kernel is the subject.
struct KernelOptions: ParsableArguments {
  @Option(
    name: .customLong("kernel-tree"), parsing: .unconditional,
    help: .init(
      "Run the TDP MMU of a Linux tree, compiled here, instead of the model. Nothing in the tree is changed.",
      valueName: "path"))
  var path: String?

  @Flag(
    help: """
      For 'git bisect run': exit 125, which skips the commit, where the tree does not build, is not supported, or the \
      harness failed. 0 is good and 1 is bad as ever.
      """)
  var bisect = false

  func validate() throws {
    if bisect && path == nil { throw ValidationError("--bisect goes with --kernel-tree") }
  }

  static let policyAdvice = "--kernel-tree goes with --policy 4k: KVM's tdx.c maps private memory by 4K pages"

  /// What is said of a subject that a kernel takes the place of.
  func validate(_ subject: SubjectOptions) throws {
    guard path != nil else { return }
    if subject.protocolName != nil || subject.mutant != nil {
      throw ValidationError("--kernel-tree excludes --protocol and --mutant, which are the model's")
    }
    if let policy = subject.policy, policy != .fourK { throw ValidationError(Self.policyAdvice) }
  }

  /// Builds the kernel, or takes it from the cache.
  func kernel() throws -> KernelSubject? {
    guard let path else { return nil }
    do {
      return try KernelSubject.open(path)
    } catch {
      guard bisect else { throw ValidationError("--kernel-tree: \(error)") }
      StandardStreams.error.write("stress: --kernel-tree: \(error)\n")
      throw ExitCode(ExitStatus.notSupported)
    }
  }

  /// The kernel for a token: one of the model's takes none.
  func kernel(for token: Token) throws -> KernelSubject? {
    guard let tree = token.kernelTree else {
      if path != nil { throw ValidationError("the token is one of the model, which --kernel-tree has no part in") }
      return nil
    }
    guard let kernel = try kernel() else {
      throw ValidationError("the token is one of a kernel: say which with --kernel-tree")
    }
    if kernel.treeHash != tree {
      StandardStreams.error.write(
        "stress: the token was made with another tree (\(SeedText.format(tree)), this one is "
          + "\(SeedText.format(kernel.treeHash))); its schedule may not fit\n")
    }
    return kernel
  }
}
