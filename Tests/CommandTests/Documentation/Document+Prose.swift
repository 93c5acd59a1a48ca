/// What stands in a document's sentences: code, links, headings.
import Foundation

extension Document {
  /// A piece of text with the line that it begins on.
  struct Piece: Sendable {
    var text: String
    var place: String
  }

  /// Sentences, table rows and headings, each paragraph as one line, without fences, indented blocks and comments.
  private var paragraphs: [Piece] {
    var paragraphs: [Piece] = []
    var isOpen = false
    for (index, line) in lines.enumerated() {
      switch kinds[index] {
      case .prose where isOpen && !line.hasPrefix("|"):
        paragraphs[paragraphs.count - 1].text += " " + line.trimmingCharacters(in: .whitespaces)
      case .prose, .heading:
        paragraphs.append(Piece(text: line.trimmingCharacters(in: .whitespaces), place: place(index)))
        isOpen = kinds[index] == .prose && !line.hasPrefix("|")
      default: isOpen = false
      }
    }
    return paragraphs
  }

  /// What stands between backticks.
  var codeSpans: [Piece] {
    paragraphs.flatMap { paragraph in
      paragraph.text.matches(of: /(`+)(.+?)\1/).map { match in
        Piece(text: match.2.trimmingCharacters(in: .whitespaces), place: paragraph.place)
      }
    }
  }

  /// Where its links and pictures lead.
  var links: [Piece] {
    paragraphs.flatMap { paragraph in
      let text = paragraph.text.replacing(/(`+).+?\1/, with: "code")
      let inline = text.matches(of: /\]\(\s*<?([^)\s>]+)/).map(\.1)
      let reference = text.prefixMatch(of: /\[[^\]]+\]:\s*<?([^\s>]+)/).map { [$0.1] } ?? []
      let markup = text.matches(of: /\b(?:src|srcset|href)="([^"\s]+)"/).map(\.1)
      return (inline + reference + markup).map { Piece(text: String($0), place: paragraph.place) }
    }
  }

  /// The names by which a link finds its headings, as the usual renderers make them.
  var anchors: Set<String> {
    var anchors: Set<String> = []
    for index in lines.indices where kinds[index] == .heading {
      let title = lines[index].drop { $0 == "#" }.trimmingCharacters(in: .whitespaces)
        .replacing(/\[([^\]]*)\]\([^)]*\)/) { $0.1 }
      let plain = String(title.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) })
        .replacing(" ", with: "-")
      var anchor = plain
      var number = 0
      while !anchors.insert(anchor).inserted {
        number += 1
        anchor = "\(plain)-\(number)"
      }
    }
    for line in lines {
      for match in line.matches(of: /<a\s+(?:id|name)="([^"]+)"/) { anchors.insert(String(match.1)) }
    }
    return anchors
  }

  /// The path from the root of what a relative path in this document means.
  func resolve(_ path: String) -> String {
    var parts = name.split(separator: "/").dropLast()
    for part in path.split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." {
        parts.removeLast()
      } else {
        parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }
}
