/// What a tree lacks. The text is what a user puts into a bug report, so it names the file and the definition.
public enum ExtractionError: Error, Equatable, CustomStringConvertible {
  case noFile(String)
  case unreadable(String)
  case missing(name: String, file: String)
  case missingMember(name: String, structure: String, file: String)

  public var description: String {
    switch self {
    case .noFile(let file): "the tree has no \(file)"
    case .unreadable(let file): "\(file) cannot be read"
    case .missing(let name, let file): "\(file) does not define \(name)"
    case .missingMember(let name, let structure, let file): "struct \(structure) in \(file) has no member \(name)"
    }
  }
}
