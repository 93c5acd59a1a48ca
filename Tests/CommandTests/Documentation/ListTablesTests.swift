import Testing

/// A table that repeats a list of the command is what the command lists.
@Suite struct ListTablesTests {
  @Test(arguments: ["scenarios", "strategies"])
  func `a table has every row of the list, in its order`(kind: String) throws {
    let rows = try StressCommand.run(["list", kind]).output.split(separator: "\n").map { line in
      let name = line.prefix { $0 != " " }
      return "| `\(name)` | \(line.dropFirst(name.count).trimmingCharacters(in: .whitespaces)) |"
    }
    #expect(rows.count > 5)
    let table = rows.joined(separator: "\n")
    let isShown = Document.guides.contains { $0.lines.joined(separator: "\n").contains(table) }
    #expect(isShown, "no document has this table:\n\(table)")
  }
}
