import ArgumentParser
import Foundation
import Reports

/// One option for each form of report: what `stress report` takes, and every command that makes a record.
struct ReportOptions: ParsableArguments {
  @Option(parsing: .unconditional, help: Self.help(.text), completion: Self.completion(.text)) var text: String?
  @Option(parsing: .unconditional, help: Self.help(.mail), completion: Self.completion(.mail)) var mail: String?
  @Option(parsing: .unconditional, help: Self.help(.html), completion: Self.completion(.html)) var html: String?
  @Option(parsing: .unconditional, help: Self.help(.markdown), completion: Self.completion(.markdown)) var markdown:
    String?
  @Option(parsing: .unconditional, help: Self.help(.junit), completion: Self.completion(.junit)) var junit: String?
  @Option(parsing: .unconditional, help: Self.help(.ktap), completion: Self.completion(.ktap)) var ktap: String?
  @Option(parsing: .unconditional, help: Self.help(.perfetto), completion: Self.completion(.perfetto)) var perfetto:
    String?
  @Option(parsing: .unconditional, help: Self.help(.lcov), completion: Self.completion(.lcov)) var lcov: String?

  @OptionGroup var width: WidthOptions

  private static func help(_ format: ReportFormat) -> ArgumentHelp {
    ArgumentHelp("Write a report \(format.summary); '-' is standard output.", valueName: "file")
  }

  private static func completion(_ format: ReportFormat) -> CompletionKind {
    switch format {
    case .text, .mail: .file(extensions: ["txt"])
    case .html: .file(extensions: ["html"])
    case .markdown: .file(extensions: ["md"])
    case .junit: .file(extensions: ["xml"])
    case .ktap: .file(extensions: ["ktap"])
    case .perfetto: .file(extensions: ["json"])
    case .lcov: .file(extensions: ["info"])
    }
  }

  /// In the order in which they are written.
  private var paths: [(ReportFormat, String?)] {
    [
      (.text, text), (.mail, mail), (.html, html), (.markdown, markdown), (.junit, junit), (.ktap, ktap),
      (.perfetto, perfetto), (.lcov, lcov),
    ]
  }

  /// Checks that each can be written, before anything runs.
  /// - Parameter taken: what else goes to standard output, by its option; nil if nothing does.
  func files(besides taken: String? = nil) throws -> [ReportFile] {
    var files: [ReportFile] = []
    var onStandardOutput = taken
    for case (let format, let path?) in paths {
      let option = "--\(format.rawValue)"
      let file = try OutputFile(path: path, option: option)
      if file.isStandardOutput {
        if let other = onStandardOutput {
          throw ValidationError("\(other) and \(option) cannot both go to standard output")
        }
        onStandardOutput = option
      }
      files.append(ReportFile(format: format, file: file, columns: width.columns))
    }
    return files
  }
}

/// A report and where it goes.
struct ReportFile {
  let format: ReportFormat
  let file: OutputFile
  /// Of a text, if asked for.
  let columns: Int?

  /// True if it is there. What went wrong is told on standard error in one line.
  func write(_ record: Record) -> Bool {
    if format == .lcov && !record.hasCode {
      StandardStreams.error.tell("there is no report as lcov: nothing was counted, which --coverage of a run does")
      return false
    }
    do {
      let render = { format.render(record) }
      let text = columns.flatMap { format == .text ? TextWidth.exactly($0, render) : nil } ?? render()
      try file.write(Array(text.utf8))
      return true
    } catch let error as OutputFile.WriteError where file.isStandardOutput && error.code == EPIPE {
      // A reader that closed the pipe, such as head(1), has seen what it wanted.
      return true
    } catch {
      StandardStreams.error.tell("the report as \(format.rawValue) was not written: \(error)")
      return false
    }
  }
}
