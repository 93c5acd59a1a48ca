/// What a kernel tree has of all that the tool takes from it. Writes nothing, and unlike a build it does not stop at
/// the first thing that is missing.
import Foundation

package struct TreeSurvey {
  package enum Need { case required, optional }

  package struct File {
    package var path: String
    package var need: Need
    package var isFound: Bool
  }

  package struct Definition {
    package var name: String
    /// Where it was found; where it was looked for, if it was not.
    package var file: String
    package var need: Need
    package var isFound: Bool
  }

  package private(set) var files: [File] = []
  package private(set) var definitions: [Definition] = []
  /// `HAVE_` names that the shim gets for what is optional.
  package private(set) var flags: [String] = []
  package private(set) var hasMirrorRoots = false
  /// Nil if there is no `tdx.c`.
  package private(set) var septFunctions: [String]?

  private static let tdx = "arch/x86/kvm/vmx/tdx.c"
  private static let tdpMmuHeader = "arch/x86/kvm/mmu/tdp_mmu.h"

  package init(_ tree: URL) {
    surveyFiles(tree)
    var extractor = Extractor(tree: tree)
    var optionalNames: Set<String> = []
    for extraction in Extraction.table {
      for part in extraction.parts {
        let before = extractor.flags
        definitions.append(Self.find(part, &extractor))
        if !extraction.isRequired { optionalNames.formUnion(extractor.flags.subtracting(before)) }
      }
    }
    for probe in Probe.table where (try? extractor.holds(probe)) ?? false { optionalNames.insert(probe.name) }
    flags = optionalNames.sorted()
    // What the builder asks for as well: the name may move between headers, not disappear.
    hasMirrorRoots =
      (KernelStage.contents(tree.appendingPathComponent(Self.tdpMmuHeader))).map {
        String(decoding: $0, as: UTF8.self).contains("KVM_MIRROR_ROOTS")
      } ?? false
    septFunctions = (try? extractor.source(Self.tdx)).flatMap { source in
      source?.items.filter { $0.kind == .function && $0.names[0].hasPrefix("tdx_sept_") }.map { $0.names[0] }
    }.map { Set($0).sorted() }
  }

  /// Sentences about what is required and missing, files first, each once.
  package var missing: [String] {
    let lost = files.filter { $0.need == .required && !$0.isFound }.map(\.path)
    let names = definitions.filter { $0.need == .required && !$0.isFound && !lost.contains($0.file) }
    return lost.map { "the tree has no \($0)" } + names.map { "\($0.file) does not define \($0.name)" }
  }

  private mutating func surveyFiles(_ tree: URL) {
    let compiled = KernelStage.sources + KernelStage.kvmHeaders
    let extracted = Extraction.table.filter { $0.isRequired && $0.files.count == 1 }.flatMap(\.files)
    let required = Set(compiled + extracted + ["Makefile"])
    files = KernelStage.wanted.map { path in
      // A directory or a file that cannot be read is as good as none.
      let isFound = KernelStage.contents(tree.appendingPathComponent(path)) != nil
      return File(path: path, need: required.contains(path) ? .required : .optional, isFound: isFound)
    }
  }

  private static func find(_ part: Extraction.Part, _ extractor: inout Extractor) -> Definition {
    let need: Need = part.isRequired ? .required : .optional
    for file in part.extraction.files {
      var candidate = part.extraction
      candidate.files = [file]
      // Otherwise nothing tells of what is not there.
      candidate.isRequired = true
      if (try? extractor.take(candidate)) != nil {
        return Definition(name: part.name, file: file, need: need, isFound: true)
      }
    }
    let files = part.extraction.files.joined(separator: " or ")
    return Definition(name: part.name, file: files, need: need, isFound: false)
  }
}

extension Extraction {
  /// One name of an extraction, to be looked for on its own.
  struct Part {
    var name: String
    var extraction: Extraction
    var isRequired: Bool
  }

  var parts: [Part] {
    func part(_ name: String, _ what: What) -> Part {
      Part(
        name: name, extraction: Extraction(output: output, files: files, what: what, isRequired: isRequired),
        isRequired: isRequired)
    }
    switch what {
    case .definitions(let names): return names.map { part($0, .definitions([$0])) }
    case .macros(let prefix): return [part("\(prefix)*", what)]
    case .closure(let roots, let prefix, let except):
      let single = roots.map { part($0, .closure(roots: [$0], prefix: nil, except: except)) }
      return single + (prefix.map { [part("\($0)*", .closure(roots: [], prefix: $0, except: except))] } ?? [])
    case .members(let structure, let names):
      return names.map { part("\(structure).\($0)", .members(of: structure, [$0])) }
    case .membersLike(let structure, let member): return [part("\(structure).*\(member)*", what)]
    case .assignments(let prefix, _, _, _): return [part("\(prefix) = { ... }", what)]
    }
  }
}
