import DeviceProtocol

/// The rules for names that devices and owners choose.
enum PrintableText {
  /// A model, a version or a serial number: 1–64 printable ASCII characters.
  static func isValid(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(\.isPrintableASCII)
  }

  /// A nickname: 1–64 bytes of UTF-8 without control characters.
  static func isNickname(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }
}
