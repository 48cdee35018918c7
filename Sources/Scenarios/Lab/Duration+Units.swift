extension Duration {
  var milliseconds: Int64 {
    self.components.seconds * 1_000 + self.components.attoseconds / 1_000_000_000_000_000
  }

  /// For programs that take whole seconds only.
  var secondsRoundedUp: Int64 {
    self.components.seconds + (self.components.attoseconds > 0 ? 1 : 0)
  }
}
