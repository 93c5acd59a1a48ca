import Foundation
import Records
import Reports
import Testing

/// The tables of docs/formats.md have the fields of a record, all of them and no others.
@Suite struct RecordFormatTests {
  /// Field names by the place of their object: `run.violations[]`.
  private typealias Fields = [String: Set<String>]

  /// Objects whose keys are names and no fields.
  private static let maps: Set = ["run.mix", "run.coverage"]

  @Test func `the tables of the document have the fields of a record`() throws {
    let document = try Self.documented()
    var records: Fields = [:]
    Self.collect(try Self.object(RecordJSON.encode(FullRecords.run)), at: "run", into: &records)
    Self.collect(try Self.object(RecordJSON.encode(FullRecords.matrix)), at: "matrix", into: &records)
    Self.collect(try Self.object(RecordJSON.encode(FullRecords.diff)), at: "diff", into: &records)
    for place in Set(document.keys).union(records.keys).sorted() {
      let missing = records[place, default: []].subtracting(document[place, default: []]).sorted()
      let unknown = document[place, default: []].subtracting(records[place, default: []]).sorted()
      #expect(missing == [], "docs/formats.md lacks these fields of \(place)")
      #expect(unknown == [], "no record has these fields of \(place), which docs/formats.md lists")
    }
    #expect(document.count > 40)
  }

  /// A part that is left out of these would be looked for in no table.
  @Test func `the records that it is held against leave nothing out`() {
    #expect(Self.leftOut(FullRecords.run, at: "run") == [])
    #expect(Self.leftOut(FullRecords.matrix, at: "matrix") == [])
    #expect(Self.leftOut(FullRecords.diff, at: "diff") == [])
    #expect(Self.leftOut(SampleExplorations.clean, at: "run").contains("run.kernel"))
  }

  // MARK: Records

  private static func object(_ data: Data) throws -> Any { try JSONSerialization.jsonObject(with: data) }

  private static func collect(_ value: Any, at place: String, into fields: inout Fields) {
    if let list = value as? [Any] {
      for element in list { collect(element, at: "\(place)[]", into: &fields) }
    } else if let object = value as? [String: Any], !maps.contains(place) {
      fields[place, default: []].formUnion(object.keys)
      for (key, element) in object { collect(element, at: "\(place).\(key)", into: &fields) }
    }
  }

  /// Optional parts that no element of a list has, and lists without elements.
  private static func leftOut(_ value: Any, at place: String) -> Set<String> {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      guard let child = mirror.children.first else { return [place] }
      return leftOut(child.value, at: place)
    case .collection:
      let elements = mirror.children.map { leftOut($0.value, at: place) }
      guard let first = elements.first else { return [place] }
      return elements.dropFirst().reduce(first) { $0.intersection($1) }
    case .struct:
      return mirror.children.reduce(into: []) { found, child in
        // A property wrapper stores its value under the name with an underscore.
        let name = child.label == "wrappedValue" ? "" : "." + (child.label ?? "").drop { $0 == "_" }
        found.formUnion(leftOut(child.value, at: place + name))
      }
    default: return []
    }
  }

  // MARK: The document

  /// A table with the head `field | meaning` is about the places in the paragraph above it that begins with `At`.
  private static func documented() throws -> Fields {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/formats.md")
    var fields: Fields = [:]
    var places: [String] = []
    var isPlaces = false
    var isTable = false
    for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("At ") { (places, isPlaces) = ([], true) }
      if line.isEmpty { (isPlaces, isTable) = (false, false) }
      if isPlaces {
        places += line.matches(of: /`((?:run|matrix|diff)(?:\.[^`]+)?)`/).map { String($0.1) }
      } else if line == "| field | meaning |" {
        isTable = true
      } else if isTable, let match = line.prefixMatch(of: /\| `([A-Za-z0-9]+)` \| [^ |]/) {
        for place in places { fields[place, default: []].insert(String(match.1)) }
      }
    }
    return fields
  }
}
