import Testing

/// How a document is read: what is a command, what its output, what a link.
@Suite struct DocumentTests {
  private func document(_ text: String, name: String = "docs/page.md") -> Document { Document(name: name, text: text) }

  @Test func `an indented block is commands, and the text fence behind it their output`() throws {
    let document = document(
      """
      Type

          stress list mutants
          stress explore --seed 7 \\
            --quiet

      ```text
      one

      two
      ```
      """)
    let block = try #require(document.commandBlocks.first)
    #expect(document.commandBlocks.count == 1)
    #expect(block.commands == ["stress list mutants", "stress explore --seed 7 --quiet"])
    #expect(block.place == "docs/page.md:3")
    let output = try #require(block.output)
    #expect(Array(document.lines[output]) == ["one", "", "two"])
    #expect(document.misplacedFences == [])
  }

  @Test func `indented lines in a fence, in a list or in a paragraph are no commands`() {
    let document = document(
      """
      ```
          stress a
      ```

      - An item

          that goes on

      a sentence
          that goes on
      """)
    #expect(document.commandBlocks.isEmpty)
  }

  @Test func `another fence behind a command, or one after a sentence, is not its output`() {
    for between in ["\n```", "\nshows\n\n```text", "```text"] {
      let document = document("Type\n\n    stress list mutants\n\(between)\none\n```\n")
      #expect(document.commandBlocks.map(\.output) == [nil], "\(between)")
    }
  }

  @Test func `a fence that claims to be output or commands where it is neither is told`() {
    #expect(document("shows\n\n```text\none\n```\n").misplacedFences.count == 1)
    #expect(document("Type\n\n```console\n$ stress\n```\n").misplacedFences.count == 1)
    #expect(document("Type\n\n```\none\n```\n\n```swift\nlet x\n```\n").misplacedFences == [])
  }

  @Test func `code is found in sentences and tables, over the end of a line, and not in fences`() {
    let document = document("Type `stress list\nmutants` or\n\n| `--quiet` | x |\n| ``a`b`` | y |\n\n```\n`no`\n```\n")
    #expect(document.codeSpans.map(\.text) == ["stress list mutants", "--quiet", "a`b"])
    #expect(document.codeSpans.map(\.place) == ["docs/page.md:1", "docs/page.md:4", "docs/page.md:5"])
  }

  @Test func `links are found however they are written, and not in code`() {
    let document = document(
      """
      [a](a.md), ![b](<b.png> "title"), [`c`](c.md#d), `[no](no.md)`
      <picture><source srcset="e.svg"><img src="f.svg" alt="g"></picture>

      [h]: i.md
      """)
    #expect(document.links.map(\.text) == ["a.md", "b.png", "c.md#d", "e.svg", "f.svg", "i.md"])
  }

  @Test func `a heading's anchor is that of the usual renderers`() {
    let document = document("# A race, from first line\n\n## `stress matrix`: every_one\n\n## [It](x.md)\n\n## It\n")
    #expect(document.anchors == ["a-race-from-first-line", "stress-matrix-every_one", "it", "it-1"])
  }

  @Test func `a path is meant from the document's folder`() {
    #expect(document("").resolve("kernel.md") == "docs/kernel.md")
    #expect(document("").resolve("../README.md") == "README.md")
    #expect(document("").resolve("../../x") == "../x")
    #expect(document("", name: "README.md").resolve("./docs/kernel.md") == "docs/kernel.md")
  }
}
