import Foundation

/// Standard output and standard error, unbuffered: what was written has left the process, and a failure is known.
struct StandardStreams {
  static let output = StandardStreams(descriptor: STDOUT_FILENO)
  static let error = StandardStreams(descriptor: STDERR_FILENO)

  let descriptor: Int32

  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Opens /dev/null for each of the descriptors 0, 1 and 2 that the caller closed. Otherwise the record file could
  /// become standard error and take its messages.
  static func fillGaps() {
    while true {
      let descriptor = open("/dev/null", O_RDWR)
      guard (0...STDERR_FILENO).contains(descriptor) else {
        if descriptor > STDERR_FILENO { close(descriptor) }
        return
      }
    }
  }

  /// Writes all of `text`, or returns the errno that stopped it.
  @discardableResult
  func write(_ text: String) -> Int32? { Self.write(Array(text.utf8), to: descriptor) }

  /// A message to the user: one line, whatever the argument that it quotes had in it.
  func tell(_ message: String) { write("stress: error: \(Self.plain(message))\n") }

  /// Text without what would move a terminal's cursor, or begin another line.
  static func plain(_ text: String) -> String {
    var line = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      line.append(scalar.properties.generalCategory == .control && scalar != "\t" ? " " : scalar)
    }
    return String(line)
  }

  /// Writes all bytes to a descriptor, or returns the errno that stopped it.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let written = Foundation.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if written > 0 {
          rest = rest.dropFirst(written)
          continue
        }
        let code = written == 0 ? EIO : errno
        switch code {
        case EINTR: continue
        case EAGAIN:
          // The reader of a shared pipe may have made it non-blocking.
          var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&request, 1, -1)
        default: return code
        }
      }
      return nil
    }
  }
}
