/// Text from a record in a page, where it is text and nothing else.
import Foundation

enum HTMLText {
  /// For what stands between tags or in a quoted attribute.
  static func escaped(_ text: String) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(text.utf8.count + text.utf8.count / 8)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "<"): result += "&lt;".utf8
      case UInt8(ascii: ">"): result += "&gt;".utf8
      case UInt8(ascii: "&"): result += "&amp;".utf8
      case UInt8(ascii: "\""): result += "&quot;".utf8
      case UInt8(ascii: "'"): result += "&#39;".utf8
      // HTML has no control characters, but for line feeds and tabs.
      case 0..<9, 11..<32, 127: result += "\u{fffd}".utf8
      default: result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// JSON for a `script` element: no `<`, `>` or `&` is left in it, which outside strings JSON has not, and none of the
  /// line ends that JSON allows in a string.
  static func escapedInScript(_ json: Data) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(json.count + json.count / 8)
    json.withUnsafeBytes { bytes in
      var index = 0
      while index < bytes.count {
        let byte = bytes[index]
        switch byte {
        case UInt8(ascii: "<"): result += #"\u003c"#.utf8
        case UInt8(ascii: ">"): result += #"\u003e"#.utf8
        case UInt8(ascii: "&"): result += #"\u0026"#.utf8
        // U+2028 and U+2029 are e2 80 a8 and e2 80 a9.
        case 0xe2 where index + 2 < bytes.count && bytes[index + 1] == 0x80 && bytes[index + 2] & 0xfe == 0xa8:
          result += (bytes[index + 2] == 0xa8 ? #"\u2028"# : #"\u2029"#).utf8
          index += 2
        default: result.append(byte)
        }
        index += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
