/// All update protocols, in the order of the thread: a new one is its file and its line here.

enum Protocols {
  static let all: [ProtocolEntry] = [
    ProtocolEntry(CallerPropagates.self),
    ProtocolEntry(Patch08.self),
    ProtocolEntry(SeriesEnd.self),
    ProtocolEntry(SeriesEndSharedSplit.self),
    ProtocolEntry(Chokepoint.self),
    ProtocolEntry(Mainline.self),
  ]
}
