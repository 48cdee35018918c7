import CloudCore
import DeviceProtocol

extension Model {
  /// No more are listed at once: the newest.
  private static let longestPage = 1_000

  mutating func record(
    _ recordings: [Recording], session index: Int, _ answer: ObservedAnswer
  ) throws(Violation) {
    guard let id = self.sessions[index].device else { return }
    let kind = self.devices[id]?.kind
    if case .refused(400, "invalid_request") = answer, !Self.isInLimits(recordings, kind) {
      return
    }
    guard case .acknowledged(let sequences) = answer else {
      throw self.mismatch(
        answer, to: "what \(id.text) recorded", rule: 7,
        concerns: self.concerns(ofSession: index))
    }
    guard sequences.sorted() == recordings.map(\.sequence).sorted() else {
      throw self.violation(7, "was acknowledged something else than it had sent", index)
    }
    for recording in recordings { self.devices[id]?.keep(recording) }
  }

  /// The limits of what the cloud takes. Honest devices keep to them.
  private static func isInLimits(_ recordings: [Recording], _ kind: DeviceKind?) -> Bool {
    recordings.count <= 100
      && recordings.allSatisfy { recording in
        // The first millisecond of the year 10000.
        recording.at.value < 253_402_300_800_000
          && (kind != .scale || (1...500_000).contains(recording.weightGrams))
      }
  }

  /// Checks a list of a device's motions (of a camera) or measurements (of a scale).
  func check(
    _ answer: ObservedAnswer, lists kind: DeviceKind, of id: DeviceID, to account: AccountID
  ) throws(Violation) {
    let email = self.email(account)
    guard let device = self.devices[id], device.owner == account else {
      try self.require(
        Refusal(404, "not_found", rule: 5, "it is not theirs"), answer,
        to: "the question of \(email) for what \(id.text) recorded", concerns: [id.text, email])
      return
    }
    guard case .recordings(let listed) = answer else {
      throw self.mismatch(
        answer, to: "the question of \(email) for what \(id.text) recorded", rule: 7,
        concerns: [id.text, email])
    }
    let expected: ArraySlice<Recording> =
      device.kind == kind ? device.recordings.suffix(Self.longestPage) : []
    guard !expected.elementsEqual(listed) else { return }
    // A cache that mixes up whose an answer was shows the list of another.
    let isOfAnother = self.devices.contains {
      $0.key != id && $0.value.recordings.suffix(Self.longestPage).elementsEqual(listed)
    }
    guard listed.isEmpty || !isOfAnother else {
      throw Violation(
        rule: 5, seen: "\(email) was shown what another device recorded in the place of \(id.text)",
        concerns: [id.text, email])
    }
    let (rule, seen) = self.difference(of: listed, from: expected, to: account)
    throw Violation(
      rule: rule, seen: "\(email) was shown \(seen) of \(id.text)", concerns: [id.text, email])
  }

  private func difference(
    of listed: [Recording], from expected: ArraySlice<Recording>, to account: AccountID
  ) -> (rule: Int, seen: String) {
    var seen: Set<UInt32> = []
    for recording in listed where !seen.insert(recording.sequence).inserted {
      return (8, "number \(recording.sequence) twice")
    }
    for recording in listed where !expected.contains(recording) {
      let isOfAnother = self.devices.values.contains {
        $0.owner != nil && $0.owner != account && $0.recordings.contains(recording)
      }
      if isOfAnother { return (5, "number \(recording.sequence), which is another owner's") }
      return expected.contains { $0.sequence == recording.sequence }
        ? (7, "number \(recording.sequence) with other values than were sent")
        : (5, "number \(recording.sequence), which is not of the present binding")
    }
    if let missing = expected.first(where: { !seen.contains($0.sequence) }) {
      return (7, "no number \(missing.sequence), which was acknowledged")
    }
    return (7, "a list in the wrong order")
  }
}

extension Model.DeviceRow {
  /// What was recorded first under a sequence stays.
  fileprivate mutating func keep(_ recording: Recording) {
    guard let last = self.recordings.last, last.sequence >= recording.sequence else {
      self.recordings.append(recording)
      return
    }
    var low = 0
    var high = self.recordings.count
    while low < high {
      let middle = (low + high) / 2
      if self.recordings[middle].sequence < recording.sequence {
        low = middle + 1
      } else {
        high = middle
      }
    }
    if self.recordings[low].sequence != recording.sequence {
      self.recordings.insert(recording, at: low)
    }
  }
}
