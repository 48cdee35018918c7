/// What a rehearsal tells whoever watches it, in order.
package enum RehearsalEvent: Sendable {
  case stage(String)
  case note(String)
  /// A line of the journal of a process.
  case journal(process: String, JournalEntry)
  /// The devices as the cloud knows them at this point.
  case devices([DeviceStatus])
  case check(Check)
}

/// One thing that must hold, and whether it did.
package struct Check: Sendable {
  /// Of "Always true" in the design; nil for a check of the demonstration itself.
  package let rule: Int?
  package let claim: String
  /// What was seen instead; nil if the claim held.
  package let failure: String?

  package var held: Bool { self.failure == nil }
}
