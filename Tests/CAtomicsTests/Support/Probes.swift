/// Swift callers of the primitives, kept as functions of their own so that their machine code can be looked at.
import CAtomics

@inline(never) public func probeReadOnce(_ point: UnsafeMutablePointer<schedule_point>, _ word: UnsafePointer<UInt64>)
  -> UInt64
{ read_once64(point, word) }

@inline(never) public func probeWriteOnce(
  _ point: UnsafeMutablePointer<schedule_point>, _ word: UnsafeMutablePointer<UInt64>, _ value: UInt64
) { write_once64(point, word, value) }

@inline(never) public func probeTryCmpxchg(
  _ point: UnsafeMutablePointer<schedule_point>, _ word: UnsafeMutablePointer<UInt64>, _ old: inout UInt64,
  _ value: UInt64
) -> Bool { try_cmpxchg64(point, word, &old, value) }

@inline(never) public func probeXchg(
  _ point: UnsafeMutablePointer<schedule_point>, _ word: UnsafeMutablePointer<UInt64>, _ value: UInt64
) -> UInt64 { xchg64(point, word, value) }

@inline(never) public func probeFetchAnd(
  _ point: UnsafeMutablePointer<schedule_point>, _ word: UnsafeMutablePointer<UInt64>, _ mask: UInt64
) -> UInt64 { fetch_and64(point, word, mask) }

@inline(never) public func probeFetchOr(
  _ point: UnsafeMutablePointer<schedule_point>, _ word: UnsafeMutablePointer<UInt64>, _ mask: UInt64
) -> UInt64 { fetch_or64(point, word, mask) }

@inline(never) public func probeFetchAdd(
  _ point: UnsafeMutablePointer<schedule_point>, _ word: UnsafeMutablePointer<UInt64>, _ value: UInt64
) -> UInt64 { fetch_add64(point, word, value) }
