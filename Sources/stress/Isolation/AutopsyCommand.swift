import ArgumentParser
import Campaign
import Foundation

/// What a supervisor starts after a death: runs one execution again. Not for users.
struct AutopsyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "autopsy", shouldDisplay: false)

  @OptionGroup var kernel: KernelOptions
  @Option var place: Int?

  func run() throws {
    guard let box = Isolation.box, var subject = try kernel.kernel() else {
      throw ValidationError("this command is for the tool's own use")
    }
    // What it runs stands in there.
    subject.blackBox = nil
    if let place {
      try Autopsy.retrace(box, place, subject)
    } else {
      Autopsy.replay(try Token(parsing: box.letter), subject)
    }
    _exit(ExitStatus.clean)
  }
}
