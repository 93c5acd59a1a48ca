/// What the KVM side of the external table supports.
public enum Policy: String, CaseIterable, Sendable, BitwiseCopyable {
  /// The rules of Linux 7.3: 4K leaves only, nothing is split or removed under the shared lock.
  case fourK = "4k"
  /// What is being developed upstream: 2M leaves by PAGE.AUG, split by PAGE.DEMOTE under the write lock.
  case huge
  /// An experiment: as `huge`, and splits, leaf removals and table removals under the read lock as well.
  case hugeShared = "huge-shared"

  /// 2M private leaves are mapped.
  @inlinable @inline(__always) package var mapsHuge: Bool { self != .fourK }

  public var summary: String {
    switch self {
    case .fourK: "4K private leaves only, as Linux 7.3"
    case .huge: "2M private leaves; a split demotes under the write lock"
    case .hugeShared: "an experiment: as huge, and splits and removals under the read lock too"
    }
  }
}
