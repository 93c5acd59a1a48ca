/// Names things by what they are made of, for who keeps them.
package enum ContentName {
  /// 32 hexadecimal digits.
  package static func of(_ words: [String]) -> String {
    var hash = ContentHash()
    for word in words { hash.add(word, []) }
    return hash.text
  }
}
