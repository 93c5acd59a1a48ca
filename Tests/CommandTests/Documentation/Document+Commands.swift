/// The commands of a document, and the output that it shows of them.
import Testing

extension Document {
  /// An indented block: commands that a reader types one after the other, in one folder.
  struct CommandBlock: Sendable, CustomTestStringConvertible {
    var document: String
    /// Which one of its document's blocks it is, which stays when output before it is written anew.
    var number: Int
    /// Of its first line, in words.
    var place: String
    var commands: [String]
    /// The lines between the fences of the `text` block behind it.
    var output: Range<Int>?

    var testDescription: String { "\(place): \(commands.joined(separator: "; "))" }
  }

  var commandBlocks: [CommandBlock] {
    var blocks: [CommandBlock] = []
    var index = 0
    while index < lines.count {
      guard kinds[index] == .indented else {
        index += 1
        continue
      }
      let end = kinds[index...].firstIndex { $0 != .indented } ?? lines.count
      blocks.append(
        CommandBlock(
          document: name, number: blocks.count, place: place(index), commands: Self.commands(lines[index..<end]),
          output: output(behind: end)))
      index = end
    }
    return blocks
  }

  /// The lines of an indented block, those that end in a backslash joined with what follows.
  private static func commands(_ lines: ArraySlice<String>) -> [String] {
    var commands: [String] = []
    var goesOn = false
    for line in lines {
      var text = line.drop { $0 == " " }
      let isContinued = text.hasSuffix("\\")
      if isContinued { text = text.dropLast() }
      if goesOn {
        commands[commands.count - 1] += text
      } else {
        commands.append(String(text))
      }
      goesOn = isContinued
    }
    return commands
  }

  private func output(behind end: Int) -> Range<Int>? {
    guard end + 1 < lines.count, kinds[end] == .blank, kinds[end + 1] == .opening("text"),
      let close = kinds[(end + 1)...].firstIndex(of: .closing)
    else { return nil }
    return end + 2..<close
  }

  /// Fences whose info string claims what their place denies.
  var misplacedFences: [String] {
    let shown = Set(commandBlocks.compactMap(\.output).map { $0.lowerBound - 1 })
    return kinds.indices.compactMap { index in
      guard case .opening(let info) = kinds[index] else { return nil }
      if info == "text", !shown.contains(index) {
        return "\(place(index)): a `text` fence is the output of the command above it; there is none, leave `text` out"
      }
      if ["sh", "shell", "bash", "console"].contains(info) {
        return "\(place(index)): commands stand in a block that is indented by four spaces, so that a test runs them"
      }
      return nil
    }
  }
}
