import Testing

/// When shown output is that of a run.
@Suite struct ShownOutputTests {
  private func isSame(_ shown: String, _ printed: String, figuresVary: Bool = false) -> Bool {
    ShownOutput.difference(
      shown: ShownOutput.lines(of: shown), printed: ShownOutput.lines(of: printed), figuresVary: figuresVary) == nil
  }

  @Test func `it is compared line by line, but for blanks at the ends`() {
    #expect(isSame("a\n\nb", "a  \n\nb\n\n"))
    #expect(!isSame("a\nb", "a\nc"))
    #expect(!isSame("a", "a\nb"))
    #expect(!isSame("a\nb", "a"))
    #expect(!isSame("", "a"))
    #expect(!isSame("a", ""))
  }

  @Test func `the first line that differs is told`() {
    let difference = ShownOutput.difference(shown: ["a", "b"], printed: ["a", "c"], figuresVary: false)
    #expect(difference == "line 2: the document has 'b', the command printed 'c'")
    let short = ShownOutput.difference(shown: ["a", "b"], printed: ["a"], figuresVary: false)
    #expect(short == "line 2: the document has 'b', the command printed no such line")
  }

  @Test func `three dots stand for any number of lines, and all else has its order`() {
    for shown in ["a\n...\nd", "...\nd", "a\n...", "...", "a\n...\nb\n...\nd", "a\nb\n...\nc\nd", "...\nb\n..."] {
      #expect(isSame(shown, "a\nb\nc\nd"), "\(shown)")
    }
    for shown in ["b\n...", "...\nc", "a\n...\nc\n...\nb\n...", "a\n...\nx\n...\nd", "a\nb\nc\n...\nc\nd"] {
      #expect(!isSame(shown, "a\nb\nc\nd"), "\(shown)")
    }
  }

  @Test func `where figures vary all else still counts`() {
    #expect(isSame("rate  1,234.5 /s  seed 0x0f", "rate     9 /s  seed 0xabc", figuresVary: true))
    #expect(isSame("n\n----\n   1", "n\n--\n 1", figuresVary: true))
    #expect(!isSame("rate 1 /s", "rate 1 /min", figuresVary: true))
    #expect(!isSame("rate 1 /s", "rate 1 /s\nmore", figuresVary: true))
    #expect(!isSame("rate 1 /s", "rate 2 /s"))
  }
}
