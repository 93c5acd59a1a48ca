/// One thing to take from a kernel tree, and the generated file that it goes to.
package struct Extraction {
  package enum What {
    /// A function, macro, type or variable, each by its name.
    case definitions([String])
    /// Every macro whose name begins so.
    case macros(prefix: String)
    /// Functions, and whatever the file defines that they mention, but for what the shim answers for itself.
    case closure(roots: [String], prefix: String?, except: Set<String>)
    /// Members of a structure, one declaration a line, for inclusion in a structure of the shim.
    case members(of: String, [String])
    /// Members whose name has `part` in it.
    case membersLike(of: String, part: String)
    /// `PREFIX.member = function;` lines, for those members that `of` has.
    case assignments(prefix: String, to: String, of: String, in: String)
  }

  package var output: String
  /// Candidates: the first that exists and has what is wanted, as definitions move between files.
  package var files: [String]
  package var what: What
  /// Whether a tree without it is refused.
  package var isRequired: Bool

  package static func required(_ output: String, _ files: String..., take what: What) -> Extraction {
    Extraction(output: output, files: files, what: what, isRequired: true)
  }
  /// What some versions have; `HAVE_name` tells the shim which.
  package static func optional(_ output: String, _ files: String..., take what: What) -> Extraction {
    Extraction(output: output, files: files, what: what, isRequired: false)
  }
}

/// A fact about a tree that the shim needs as a flag: whether a file contains a text, white space aside.
package struct Probe {
  var flag: String
  var file: String
  var text: String

  /// As the shim asks for it.
  var name: String { "HAVE_\(flag)" }

  package init(flag: String, file: String, text: String) {
    self.flag = flag
    self.file = file
    self.text = text
  }
}
