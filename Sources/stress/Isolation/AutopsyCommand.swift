import ArgumentParser
import Campaign
import Foundation

/// What a supervisor starts after a death: runs one execution again. Not for users.
struct AutopsyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "autopsy", shouldDisplay: false)

  @OptionGroup var kernel: KernelOptions
  @Option var place: Int?

  func run() throws {
    guard let box = Isolation.box else { throw ValidationError("this command is for the tool's own use") }
    let text: String? = if let place { box.flight(place)?.text } else { box.letter }
    guard let text else { _exit(ExitStatus.clean) }
    let token = try Token(parsing: text)
    guard var subject = try kernel.kernel(for: token) else { _exit(ExitStatus.clean) }
    // What it runs stands in there.
    subject.blackBox = nil
    if let place { try Autopsy.retrace(box, place, subject) } else { Autopsy.replay(token, subject) }
    _exit(ExitStatus.clean)
  }
}
