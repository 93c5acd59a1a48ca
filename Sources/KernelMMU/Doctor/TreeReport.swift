/// The doctor's sections about the tree, as lines.
struct TreeReport {
  let tree: TreePath
  let survey: TreeSurvey
  let git: GitState
  /// As records and tokens have it.
  let name: String

  func tell(_ tell: (String) -> Void) {
    tell("tree")
    tell("  path     \(tree.text)")
    tell("  version  Linux \(tree.version), from its Makefile")
    tell("  looks    \(survey.looks)")
    tellGit(tell)
    tell("  tree     \(name), the content of the files below")
    tellFiles(tell)
    tell("mirror page tables")
    guard survey.roots != .directOnly else {
      tell("  roots    direct only: no private memory, and all that needs it is left out or refused")
      tell("  S-EPT    none")
      return
    }
    tell("  roots    mirror and direct")
    switch survey.septFunctions {
    case nil: tell("  S-EPT    no arch/x86/kvm/vmx/tdx.c")
    case .some(let names) where names.isEmpty: tell("  S-EPT    no tdx_sept_*() in arch/x86/kvm/vmx/tdx.c")
    case .some(let names):
      tell("  S-EPT    \(names.count) functions of arch/x86/kvm/vmx/tdx.c")
      Wrapped.tell(names, "    ", tell)
    }
  }

  private func tellGit(_ tell: (String) -> Void) {
    switch git {
    case .none(let why): tell("  commit   \(why)")
    case .commit(let commit, let dirty):
      tell("  commit   \(commit)")
      tell("  dirty    " + (dirty.isEmpty ? "none of the files that are used" : "\(dirty.count) of the files below"))
      for line in dirty { tell("    \(line)") }
    }
  }

  private func tellFiles(_ tell: (String) -> Void) {
    let found = survey.files.filter(\.isFound).count
    tell("files: \(found) of \(survey.files.count) found")
    for file in survey.files { tell("  \(file.isFound ? "found   " : "MISSING ") \(file.path)") }
    tell("  and \(survey.others) more that are used, or from which definitions may be taken")
  }
}
