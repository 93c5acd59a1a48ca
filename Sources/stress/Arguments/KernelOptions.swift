import ArgumentParser
import Campaign
import Foundation
import KernelMMU
import SecureEPT

/// The option by which a user's own kernel is the subject.
struct KernelOptions: ParsableArguments {
  @Option(
    name: .customLong("kernel-tree"), parsing: .unconditional,
    help: .init(
      "Run the TDP MMU of a Linux tree, compiled here, instead of the model. Nothing in the tree is changed.",
      valueName: "path"), completion: .directory,
    transform: {
      // The empty path is the current folder to whoever joins it to something.
      guard !$0.isEmpty else {
        throw ConfigurationTextError("allowed is the top folder of a kernel, not an empty path")
      }
      return $0
    })
  var path: String?

  @Flag(
    name: .customLong("plain-accesses"),
    help: """
      With --kernel-tree: accesses that the kernel does not annotate are schedule points too. A token tells it by \
      itself.
      """)
  var plainAccesses = false

  @Flag(
    name: .customLong("check-data-races"),
    help: """
      With --kernel-tree: --plain-accesses, and look for data races among them (RACE-1). Off by default because the \
      kernel has some that it does not annotate: those that are known of 7.2 and 7.3 are passed over, another tree may \
      have others.
      """)
  var checksRaces = false

  @Option(
    parsing: .unconditional,
    help: .init(
      """
      With --kernel-tree: tell which changes since this commit are in code that is not compiled. (default: the commit \
      that is checked out)
      """, valueName: "commit"))
  var base: String?

  @Flag(
    help: """
      For 'git bisect run': exit 125, which skips the commit, where the tree does not build, is not supported, or the \
      harness failed. 0 is good and 1 is bad as ever.
      """)
  var bisect = false

  @Option(
    name: .customLong("hang-seconds"), parsing: .unconditional,
    help: .init(
      "What kernel code may use of the processor without a schedule point before that is HANG-1.", visibility: .hidden),
    transform: NumberArgument.seconds)
  var hangSeconds: Double?

  func validate() throws {
    if bisect && path == nil { throw ValidationError("--bisect goes with --kernel-tree") }
    if base != nil && path == nil { throw ValidationError("--base goes with --kernel-tree") }
    if plainAccesses && path == nil { throw ValidationError("--plain-accesses goes with --kernel-tree") }
    if checksRaces && path == nil { throw ValidationError("--check-data-races goes with --kernel-tree") }
  }

  static let policyAdvice = "a matrix of --kernel-tree goes with --policy 4k, as KVM's tdx.c has it"

  /// What is said of a subject that a kernel takes the place of.
  func validate(_ subject: SubjectOptions) throws {
    guard path != nil else { return }
    if subject.protocolName != nil || subject.mutant != nil {
      throw ValidationError("--kernel-tree excludes --protocol and --mutant, which are the model's")
    }
    if subject.policy == .hugeShared {
      throw ValidationError("--policy huge-shared is an experiment of the model: --kernel-tree takes 4k or huge")
    }
  }

  /// Builds the kernel, or takes it from the cache.
  /// - Parameters:
  ///   - policy: what the tree must be able to do; one that cannot is refused.
  ///   - coverage: what of its code runs is counted.
  func kernel(_ policy: Policy = .fourK, coverage: Bool = false) throws -> KernelSubject? {
    guard
      let kernel = try kernel(
        plainAccesses: plainAccesses || checksRaces, checksRaces: checksRaces, coverage: coverage)
    else { return nil }
    if let objection = kernel.objection(to: policy) { try refuse("--policy \(policy.rawValue) \(objection)") }
    return kernel
  }

  /// For what the options ask of this tree and it cannot do. A bisection passes over such a commit.
  func refuse(_ text: String) throws {
    guard bisect else { throw ValidationError(text) }
    StandardStreams.error.write("stress: \(text)\n")
    throw ExitCode(ExitStatus.notSupported)
  }

  /// Why the tree can be asked for nothing that needs private memory; nil if it can. Nothing is built for the answer.
  var objectionToPrivateMemory: String? { path.flatMap(TreeRoots.objection) }

  /// Refuses a scenario that says nothing where all memory is shared.
  func validate(_ scenario: ScenarioName?) throws {
    guard let scenario, !scenario.isForDirectRoots, let objection = objectionToPrivateMemory else { return }
    try refuse("--scenario \(scenario.rawValue): \(objection)")
  }

  private func kernel(plainAccesses: Bool, checksRaces: Bool, coverage: Bool = false) throws -> KernelSubject? {
    guard let path else { return nil }
    if checksRaces && !KnownRaces.canTell {
      throw ValidationError("RACE-1 needs addr2line, of Debian's binutils: it tells known races of the kernel by name")
    }
    do {
      _ = try TreePath(path)
    } catch {
      StandardStreams.error.tell("--kernel-tree: \(error)")
      throw ExitCode(bisect ? ExitStatus.notSupported : ExitStatus.usage)
    }
    do {
      var kernel = try KernelSubject.open(path, plainAccesses: plainAccesses, coverage: coverage, base: base)
      kernel.checksRaces = checksRaces
      if let hangSeconds { kernel.hangLimit = UInt64(hangSeconds * 1e9) }
      kernel.blackBox = Isolation.box
      Isolation.box?.watch(kernel)
      return kernel
    } catch {
      if case .noCommit = error { throw ValidationError("--base: \(error)") }
      // What a compiler said keeps its lines.
      let lines = "\(error)".split(separator: "\n").map(String.init)
      StandardStreams.error.tell("--kernel-tree: \(lines.first ?? "")")
      for line in lines.dropFirst() { StandardStreams.error.write(StandardStreams.plain(line) + "\n") }
      throw ExitCode(bisect ? ExitStatus.notSupported : ExitStatus.of(error))
    }
  }

  func plainKernel() throws -> KernelSubject? { try kernel(plainAccesses: true, checksRaces: checksRaces) }

  /// The kernel for a token: one of the model's takes none. A token of RACE-1 asks for that rule by itself.
  func kernel(for token: Token) throws -> KernelSubject? {
    guard let tree = token.kernelTree else {
      if path != nil { throw ValidationError("the token is one of the model, which --kernel-tree has no part in") }
      return nil
    }
    let checksRaces = checksRaces || token.checker == .race1
    let plainAccesses = plainAccesses || token.plainAccesses || checksRaces
    guard let kernel = try kernel(plainAccesses: plainAccesses, checksRaces: checksRaces) else {
      throw ValidationError("the token is one of a kernel: say which with --kernel-tree")
    }
    if let objection = kernel.objection(to: token.episode) { try refuse("the token has private memory: \(objection)") }
    if kernel.treeHash != tree {
      StandardStreams.error.write(
        "stress: the token was made with another tree (\(SeedText.format(tree)), this one is "
          + "\(SeedText.format(kernel.treeHash))); its schedule may not fit\n")
    }
    if kernel.plainAccesses && !token.plainAccesses {
      StandardStreams.error.write("stress: the token was made without --plain-accesses; its schedule may not fit\n")
    }
    return kernel
  }
}
