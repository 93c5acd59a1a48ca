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
    tellDefinitions(.required, tell)
    tellDefinitions(.optional, tell)
    tell("flags that follow from what is optional")
    tellWrapped(survey.flags.isEmpty ? ["none"] : survey.flags, "  ", tell)
    tell("mirror page tables")
    tell("  roots    " + (survey.hasMirrorRoots ? "mirror and direct" : "direct only"))
    switch survey.septFunctions {
    case nil: tell("  S-EPT    no arch/x86/kvm/vmx/tdx.c")
    case .some(let names) where names.isEmpty: tell("  S-EPT    no tdx_sept_*() in arch/x86/kvm/vmx/tdx.c")
    case .some(let names):
      tell("  S-EPT    \(names.count) functions of arch/x86/kvm/vmx/tdx.c")
      tellWrapped(names, "    ", tell)
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
    for file in survey.files {
      let state = file.isFound ? "found   " : file.need == .required ? "MISSING " : "absent  "
      tell("  \(state) \(file.path)" + (file.need == .optional ? " (optional)" : ""))
    }
  }

  private func tellDefinitions(_ need: TreeSurvey.Need, _ tell: (String) -> Void) {
    let all = survey.definitions.filter { $0.need == need }
    let word = need == .required ? "required" : "optional"
    tell("definitions, \(word): \(all.filter(\.isFound).count) of \(all.count) found")
    var files: [String] = []
    for file in all.map(\.file) where !files.contains(file) { files.append(file) }
    for file in files {
      tell("  \(file)")
      let here = all.filter { $0.file == file }
      tellWrapped(here.filter(\.isFound).map(\.name), "    found    ", tell)
      // A line for each, to be searched for and to be quoted.
      for lost in here where !lost.isFound {
        tell("    \(need == .required ? "MISSING " : "absent  ") \(lost.name)")
      }
    }
  }
}

extension TreeSurvey {
  func has(_ path: String) -> Bool { files.contains { $0.path == path && $0.isFound } }

  /// By what is in it, whatever its Makefile says: patches are developed on top of many versions.
  var looks: String {
    guard has("arch/x86/kvm/mmu/tdp_mmu.c") else { return "older than 5.10: no TDP MMU" }
    guard hasMirrorRoots else { return "older than 6.16: a TDP MMU with direct roots only" }
    guard let septFunctions, !septFunctions.isEmpty else { return "mirror roots without the TDX that uses them" }
    return flags.contains("HAVE_kvm_pagewalk") ? "7.3 or later" : "6.16 to 7.2"
  }
}
