package import Simulation

/// What a run on real processes tells whoever watches it, in order.
package enum LabEvent: Sendable {
  case stage(String)
  case note(String)
  /// A line of the journal of a process.
  case journal(process: String, JournalEntry)
  /// The devices as the cloud knows them at this point.
  case devices([DeviceStatus])
  case verdict(Verdict)
  /// The folder with flashes and logs stays.
  case kept(Workspace)
}
