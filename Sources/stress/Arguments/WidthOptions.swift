import ArgumentParser
import Foundation
import Reports

/// How wide what is printed may be.
struct WidthOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: .init(
      """
      Print and write text with no line longer than N, \(TextWidth.narrowest)...\(TextWidth.widest); commands are \
      folded so that a shell takes them. (default: what the report needs, or less where COLUMNS or the terminal has \
      less)
      """, valueName: "n"),
    transform: NumberArgument.whole(TextWidth.narrowest...TextWidth.widest))
  var columns: Int?

  /// Renders what is printed to a stream.
  func render(to stream: StandardStreams, _ text: () -> String) -> String {
    if let columns { return TextWidth.exactly(columns, text) }
    return TextWidth.fitting(Self.available(stream), text)
  }

  /// What COLUMNS says, as for other tools, and else the terminal. nil if neither does.
  private static func available(_ stream: StandardStreams) -> Int? {
    if let text = ProcessInfo.processInfo.environment["COLUMNS"], let columns = Int(text), columns > 0 {
      return columns
    }
    var size = winsize()
    guard stream.isTerminal, ioctl(stream.descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
