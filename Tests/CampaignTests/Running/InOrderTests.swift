import Campaign
import Testing

@Suite struct InOrderTests {
  private func given(
    _ pieces: inout InOrder<String>, _ piece: UInt64, isLast: Bool = false
  ) -> [String] {
    pieces.give(piece, "result \(piece)", isLast: isLast).map { "\($0.piece): \($0.result)" }
  }

  @Test func `results count in the order of their pieces, whichever comes first`() {
    var pieces = InOrder<String>(from: 3, step: 2, end: 8)
    #expect((0..<4).map { _ in pieces.take() } == [3, 5, 7, nil])
    #expect(given(&pieces, 5) == [])
    #expect(pieces.firstInFlight == 3)
    #expect(given(&pieces, 3) == ["3: result 3", "5: result 5"])
    #expect(pieces.firstInFlight == 7)
    #expect(given(&pieces, 7) == ["7: result 7"])
    #expect(pieces.firstInFlight == 9)
  }

  @Test func `behind a last piece nothing is handed out or counted, before it everything is`() {
    var pieces = InOrder<String>(from: 0)
    #expect((0..<4).map { _ in pieces.take() } == [0, 1, 2, 3])
    #expect(given(&pieces, 3) == [])
    #expect(given(&pieces, 2, isLast: true) == [])
    #expect(pieces.take() == nil)
    #expect(given(&pieces, 0) == ["0: result 0"])
    #expect(given(&pieces, 1, isLast: true) == ["1: result 1"])
  }

  @Test func `once it is stopped what was handed out still counts`() {
    var pieces = InOrder<String>(from: 0)
    #expect([pieces.take(), pieces.take()] == [0, 1])
    pieces.stop()
    #expect(pieces.take() == nil)
    #expect(given(&pieces, 1) == [])
    #expect(given(&pieces, 0) == ["0: result 0", "1: result 1"])
  }

  @Test func `the numbers may come to their end`() {
    var pieces = InOrder<String>(from: .max - 3, step: 2)
    #expect([pieces.take(), pieces.take(), pieces.take()] == [.max - 3, .max - 1, nil])
    #expect(given(&pieces, .max - 1, isLast: true) == [])
    #expect(given(&pieces, .max - 3).count == 2)
    var none = InOrder<String>(from: nil)
    #expect(none.take() == nil)
  }
}
