/// What an ordinary patch adds to a kernel tree, one thing at a time: Tests/KernelIngredients/ingredients.json.
import Foundation

public struct Ingredient: Decodable, Sendable, CustomStringConvertible {
  public struct Edit: Decodable, Sendable {
    var file: String
    /// One of these tells where `text` goes.
    var after: String?
    /// Replaced everywhere in the file, where it stands as a word.
    var rename: String?
    var append: String?
    var prepend: String?
    var create: String?
    var text: String?
  }

  public var name: String
  public var summary: String
  public var edits: [Edit]
  /// What a build must have taken for it.
  public var takes: [String]?
  /// The primitive that it asks for and that is refused by name.
  public var refused: String?

  public var description: String { name }

  public static func all() throws -> [Ingredient] {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../KernelIngredients/ingredients.json")
    return try JSONDecoder().decode([Ingredient].self, from: Data(contentsOf: file))
  }

  public func apply(to tree: URL) throws {
    for edit in edits {
      let file = tree.appendingPathComponent(edit.file)
      if let text = edit.create {
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: false, encoding: .utf8)
        continue
      }
      var content = try String(contentsOf: file, encoding: .utf8)
      if let anchor = edit.after {
        guard let place = content.range(of: anchor) else { throw Misfit(ingredient: name, file: edit.file) }
        content.insert(contentsOf: edit.text ?? "", at: place.upperBound)
      }
      if let word = edit.rename {
        guard content.contains(word) else { throw Misfit(ingredient: name, file: edit.file) }
        content = content.replacingOccurrences(
          of: "\\b\(word)\\b", with: edit.text ?? "", options: .regularExpression)
      }
      content = (edit.prepend ?? "") + content + (edit.append ?? "")
      // A hard link may lead to somebody else's file.
      try FileManager.default.removeItem(at: file)
      try content.write(to: file, atomically: false, encoding: .utf8)
    }
  }

  public struct Misfit: Error {
    public var ingredient: String
    public var file: String
  }
}
