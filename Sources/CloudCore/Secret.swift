/// Text that nobody but its bearer may see: a token, a code, a password. Only `text` gives it away.
package struct Secret: Hashable, Sendable, Redacted {
  package let text: String
  package init(_ text: String) { self.text = text }
}
