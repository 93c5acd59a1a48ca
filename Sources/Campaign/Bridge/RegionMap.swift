/// Brings requests of a large guest into a small one: a few of its 2M regions, in their order, side by side.
///
/// The place of a gfn within its region stays, so whatever overlapped within a table does so afterwards.
import Episodes
import Machine

package struct RegionMap {
  /// Regions of the small guest, at most.
  package static let limit = 4

  /// First gfns in the large guest, ascending; never empty.
  package let regions: [Gfn]

  /// - Parameter ranges: what the guest is about, the most important first. Regions beyond the limit are left out.
  package init(_ ranges: [Range<Gfn>]) {
    var chosen: [Gfn] = []
    for range in ranges where !range.isEmpty {
      for region in (range.lowerBound >> 9)...((range.upperBound - 1) >> 9) where !chosen.contains(region << 9) {
        if chosen.count == Self.limit { break }
        chosen.append(region << 9)
      }
    }
    regions = chosen.isEmpty ? [0] : chosen.sorted()
  }

  /// The request in the small guest, with a draw that a token can carry; nil if all of its gfns were left out.
  package func request(_ request: Request) -> Request? {
    var result = request
    if request.operation.isWide {
      // It acts on what there is; the gfn names no place.
      let gfn = place(request.range.lowerBound..<(request.range.lowerBound + 1))?.lowerBound ?? 0
      result.range = gfn..<(gfn + 1)
    } else {
      guard let range = place(request.range) else { return nil }
      result.range = range
    }
    result.draw = Self.draw(request, result.range)
    return result
  }

  /// The part of a range that lies in the first of its regions that are kept, and in those that follow without a gap.
  package func place(_ range: Range<Gfn>) -> Range<Gfn>? {
    var result: Range<Gfn>?
    var next: Gfn = 0
    for (index, region) in regions.enumerated() {
      let part = range.clamped(to: region..<(region + 512))
      guard !part.isEmpty else { continue }
      let shift = UInt64(index) << 9
      let (start, end) = (shift + (part.lowerBound - region), shift + (part.upperBound - region))
      guard let known = result else {
        result = start..<end
        next = region + 512
        continue
      }
      guard region == next else { break }
      result = known.lowerBound..<end
      next = region + 512
    }
    return result
  }

  /// A draw below `Episode.drawBound` that decides what the long one did. Operations look at its low bits alone, but
  /// for the guest, which draws the gfns that it touches from all of it: there the one that touches most of them is
  /// taken.
  private static func draw(_ request: Request, _ range: Range<Gfn>) -> UInt64 {
    let short = request.draw % Episode.drawBound
    guard request.operation == .guest, request.range.count == range.count else { return short }
    let wanted = touched(request.draw, UInt64(range.count))
    let isZeroStep = request.draw & 15 == 0
    var best = (draw: short, hits: -1)
    for draw in 0..<Episode.drawBound where (draw & 15 == 0) == isZeroStep {
      let hits = zip(touched(draw, UInt64(range.count)), wanted).count { $0 == $1 }
      if hits > best.hits { best = (draw, hits) }
    }
    return best.draw
  }

  /// The gfns that a guest touches, from the start of its range, as `ModelMMU` draws them.
  private static func touched(_ draw: UInt64, _ length: UInt64) -> [UInt64] {
    var draws = SplitMix64(state: draw)
    return (0..<4).map { _ in draws.below(length) }
  }
}

extension Operation {
  /// Acts on all memory, whatever gfn its request names.
  var isWide: Bool { self == .invalidate || self == .nxRecover }
}
