@preconcurrency import Dispatch
import Foundation
import Synchronization

/// SIGINT, SIGTERM and SIGHUP: the first ends the run in good order, a later one ends the process at once.
final class Signals: Sendable {
  /// One request often arrives as two signals: timeout(1) sends one to the process and one to its group, a terminal
  /// and a wrapper script both deliver Ctrl-C. What comes so soon after the first is no second request.
  private static let echoNanoseconds: UInt64 = 500_000_000

  /// What ends a run. A hang-up that whoever started this has had ignored, as nohup(1) does, stays ignored.
  static let numbers: [Int32] = {
    var action = sigaction()
    sigaction(SIGHUP, nil, &action)
    let isIgnored = unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    return isIgnored ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
  }()

  /// Where a signal is written that comes before the sources look out for it, which they do some time after they are
  /// made: it may be pending, or meet a thread that is older than the mask, as Foundation has some that waits for
  /// processes.
  private static let strayEnd = Atomic<Int32>(-1)

  private let sources: [any DispatchSourceSignal]
  private let strays: (any DispatchSourceRead)?
  private let first = Atomic<Int32>(0)
  private let firstTime = Atomic<UInt64>(0)

  /// The first signal that came, or nil.
  var received: Int32? {
    let number = first.load(ordering: .acquiring)
    return number == 0 ? nil : number
  }

  convenience init(onFirst stop: @escaping @Sendable () -> Void) {
    self.init(telling: { _ in stop() })
  }

  /// Threads that are made later inherit the mask that leaves the signals to the sources.
  /// - Parameter stop: gets the first signal.
  init(telling stop: @escaping @Sendable (Int32) -> Void) {
    Self.ignoreBrokenOutput()
    let numbers = Self.numbers
    var mask = sigset_t()
    sigemptyset(&mask)
    // Ignored, a stray one would be lost, and nobody sends a second one.
    var ends: [Int32] = [-1, -1]
    if pipe(&ends) == 0 { for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) } }
    Self.strayEnd.store(ends[1], ordering: .releasing)
    for number in numbers {
      signal(number) { number in
        let code = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(Signals.strayEnd.load(ordering: .acquiring), &byte, 1)
        errno = code
      }
      sigaddset(&mask, number)
    }
    pthread_sigmask(SIG_BLOCK, &mask, nil)

    // Not the default quality of service: its pool of threads may be taken by the racing threads.
    let queue = DispatchQueue(label: "stress.signals", qos: .userInteractive)
    sources = numbers.map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
    strays = ends[0] < 0 ? nil : DispatchSource.makeReadSource(fileDescriptor: ends[0], queue: queue)
    for (number, source) in zip(numbers, sources) {
      source.setEventHandler { [self] in receive(number, stop) }
      source.resume()
    }
    strays?.setEventHandler { [self, end = ends[0]] in
      var byte: UInt8 = 0
      if read(end, &byte, 1) == 1 { receive(Int32(byte), stop) }
    }
    strays?.resume()
  }

  /// A closed pipe or a full disk shows as an error of write(), which does not lose the record.
  static func ignoreBrokenOutput() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
  }

  /// Runs on the one serial queue of all sources.
  private func receive(_ number: Int32, _ stop: @Sendable (Int32) -> Void) {
    let now = DispatchTime.now().uptimeNanoseconds
    guard received == nil else {
      if now - firstTime.load(ordering: .relaxed) > Self.echoNanoseconds {
        _exit(ExitStatus.interrupted(by: number))
      }
      return
    }
    firstTime.store(now, ordering: .relaxed)
    first.store(number, ordering: .releasing)
    stop(number)
  }
}
