/// Something that the compiler does not find, and who asks for it.
package struct Want: Hashable, Sendable {
  package enum What: Hashable, Sendable {
    /// An identifier: a macro, a function, a constant, a variable, or a type's name.
    case name(String)
    /// What stands behind `struct`, `union` or `enum`.
    case type(String)
    case member(String, of: String)
    /// What is declared and defined nowhere.
    case symbol(String)
  }

  package var what: What
  /// The file and line that want it, relative to the tree; of the tool's own where `isTool` says so.
  package var file: String
  package var line: Int

  package init(what: What, file: String, line: Int) {
    self.what = what
    self.file = file
    self.line = line
  }

  package var name: String {
    switch what {
    case .name(let name), .type(let name), .member(let name, _), .symbol(let name): name
    }
  }

  /// As a sentence names it.
  package var text: String {
    switch what {
    case .name(let name), .symbol(let name): name
    case .type(let name): "struct \(name)"
    case .member(let name, let structure): "\(structure).\(name)"
    }
  }

  /// Wanted by the shim or the glue: the tool asks for it by its name.
  var isTool: Bool { file.hasPrefix("glue/") || file.hasPrefix("shim/") || file.hasPrefix("abi/") }

  var place: String { line > 0 ? "\(file):\(line)" : file }
}
