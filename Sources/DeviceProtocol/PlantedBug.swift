/// One fault of a kind that real products had, to be switched on in a run of the simulation: if no
/// rule is seen broken, the simulation is blind to it. `docs/planted-bugs.md` says who had each, and
/// which rule is expected to catch it.
///
/// A raw value is good for one build only.
@usableFromInline
package enum PlantedBug: UInt8, CaseIterable, Equatable, Sendable {
  // MARK: The cloud: logouts

  /// A logout is compared with a token's issue by the clock, in whole seconds: a token minted in
  /// that second lives.
  case cutOffInSeconds
  /// Of the cut-offs of everyone and of a kind the lesser counts: one alone logs out nobody.
  case cutOffsByMin
  /// Once a kind was logged out, a logout of everyone does not count for it.
  case kindHidesEveryone
  /// A logout of a kind is recorded and checked nowhere.
  case kindEpochUnchecked
  /// A logout of a device is recorded and checked nowhere.
  case deviceEpochUnchecked
  /// The refresh token of a session that was logged out is accepted; its access tokens are not.
  case sessionEpochUncheckedAtRefresh
  /// The routes of motions and measurements do not check for logouts.
  case recordingUnchecked
  /// The route of heartbeats does not check for logouts.
  case heartbeatUnchecked
  /// The routes that show an app its devices and what they recorded do not check for logouts.
  case listingUnchecked
  /// The app's routes, that of new pairing tokens among them, do not check for logouts.
  case pairingCreationUnchecked
  /// An event stream may be opened with a token that was logged out.
  case eventStreamUnchecked
  /// An event stream that is open stays so after a logout.
  case openStreamUnchecked
  /// A logout of one account logs out everyone.
  case accountLogoutHitsEveryone
  /// A logout of all cameras logs out all scales.
  case kindLogoutHitsAnother

  // MARK: The cloud: tokens

  /// An access token never expires.
  case accessExpiryUnchecked
  /// An access token that is bound to a certificate is accepted without it.
  case accessCertificateUnchecked
  /// A refresh token that is bound to a certificate is accepted without it.
  case refreshCertificateUnchecked
  /// The previous token presented again gives another successor, and the first one dies.
  case repeatMintsAnother
  /// Of two refreshes with one token the second gets a successor that is never stored.
  case rotationCheckThenAct
  /// The token before the live one is taken for a replay at once: a lost response logs an honest
  /// client out.
  case previousNeverAccepted
  /// The token before the live one is accepted for ever, though its successor was used.
  case previousAcceptedForEver
  /// That a client used its new access token is not noted, so that its previous refresh token stays
  /// good.
  case useNotConfirmed
  /// A replay is refused, and the session lives on.
  case replayForgiven
  /// A replay ends all sessions of the account.
  case replayKillsAccount
  /// A replay of a token that was logged out ends all sessions of the account, also those opened
  /// since.
  case replayOfLoggedOutKillsAccount

  // MARK: The cloud: policies

  /// Under `strict` the token before the live one is taken, and gives the live one again.
  case strictLetsPreviousLive
  /// A grace period never ends.
  case graceNeverEnds
  /// Under `grace` a token that another took the place of is taken for the live one.
  case supersededAccepted
  /// Under `retire-on-use` a token is retired when its successor is given, not when that is used.
  case retiredAtIssue
  /// Under `reusable` a token is replaced by its first use.
  case reusableRotates
  /// Whatever the policy says of a theft, the session ends, and no more.
  case reactionIgnored
  /// A session's idle life counts from its login on: it is not begun anew by a refresh.
  case idleNotReset
  /// A session's idle life is told and checked nowhere.
  case idleUnchecked
  /// Each refresh extends the life that a session has at most.
  case absoluteExtended
  /// An owner whose app's session is over by its age counts as logged in.
  case expiredOwnerCounts

  // MARK: The cloud: logouts by time, region and list

  /// A logout by time kills what was minted later, and spares what was minted earlier.
  case issuedBeforeWrongSide
  /// A second logout by an earlier time takes the first one back.
  case issuedBeforeTakenBack
  /// A logout by time kills access tokens, and refresh tokens bring new ones.
  case issuedBeforeSparesRefresh
  /// A logout of a region is recorded and checked nowhere.
  case regionEpochUnchecked
  /// A logout of a region logs out everyone.
  case regionLogoutHitsEveryone
  /// A logout of a region is refused as if no account were at home there.
  case regionLogoutRefused
  /// A logout of a list stops at the first entry that is not known.
  case listStopsAtUnknown

  // MARK: The cloud: relinking

  /// A device under the policy `owner` comes back although its owner is not logged in.
  case relinkWithoutOwner
  /// A device under the policy `pair` comes back without being paired.
  case relinkIgnoresPairPolicy
  /// A relink sets the device's policy to `silent`.
  case relinkForgetsPolicy
  /// A relink counts as a new binding: the owner's history is gone.
  case relinkBumpsBinding

  // MARK: The cloud: pairing, and what devices record

  /// A pairing token can be used again, by another device too.
  case pairingTokenReusable
  /// A pairing token works after the app that made it was logged out.
  case pairingTokenOutlivesLogout
  /// A pairing token does not expire.
  case pairingTokenNeverExpires
  /// A device is taken from its owner although binding is strong.
  case strongBindingUnenforced
  /// A new owner sees what the device recorded for the former one.
  case formerRecordingsShown
  /// Any account sees a device, and what it recorded, by its id.
  case ownerUnchecked
  /// What a device recorded is looked up by the second in which it was last seen, so that two
  /// devices seen together are mixed up.
  case cacheKeyedByTime
  /// A device that its owner removed keeps its session.
  case removedDeviceStaysLive
  /// A measurement that is delivered again is recorded again.
  case measurementCountedTwice
  /// The last measurement of a batch is acknowledged and not stored.
  case lastOfBatchLost
  /// A sequence number that another device has used counts as known.
  case deduplicatedAcrossDevices

  // MARK: The device

  /// A new refresh token is stored when its access token has worked, not before it is used.
  case tokenUsedBeforeStored
  /// A new refresh token is never stored.
  case newTokenNotStored
  /// Firmware that keeps the previous refresh token forgets it as it sends it.
  case previousTokenForgotten
  /// The old credentials are removed from flash before the new ones are written: a power cut
  /// between leaves none.
  case credentialsRemovedFirst
  /// After a connection that succeeded and was closed, the device connects again at once.
  case noBackoffAfterSuccess
  /// The backoff is 0 after some 30 failures: the doubled wait overflows 32 bits.
  case backoffOverflows
  /// The backoff has no cap: after a long outage a device waits for days.
  case backoffUncapped
  /// A refresh whose answer was lost is waited for without end.
  case refreshNotRetried
  /// The device takes a refusal for good for a passing failure, and knocks with its dead token for
  /// ever.
  case logoutIgnored
  /// A logout makes the device forget the Wi-Fi too, so that it never comes back by itself.
  case passphraseForgottenOnLogout
  /// After ten failures in a row the device does not try again.
  case givesUp
  /// A logout drops the measurements that wait for delivery.
  case logoutDropsMeasurements
  /// A measurement is removed as it is sent: a lost request loses it.
  case measurementRemovedAsSent
  /// Measurements are not written to flash: a power cut loses what waits.
  case measurementOnlyInMemory
  /// Sequence numbers begin at 0 after a power cut, and the cloud takes new measurements for known
  /// ones.
  case sequencesRestart
  /// A factory reset leaves the credentials in flash.
  case resetKeepsCredentials
  /// A factory reset and a new owner leave measurements in the queue: the new owner gets them.
  case findingsOutliveOwner
  /// A factory reset does not tell the cloud, though the device is on line: a ghost owner stays.
  case resetNotTold
  /// To make room, a flash sector is erased before its live records are copied.
  case collectionErasesFirst
  /// At boot, sectors are read in the order of their place, not of their age: an older record may
  /// win.
  case olderRecordWins
  /// The checksum of a record is not checked: what a power cut tore is taken for the newest.
  case recordChecksumUnchecked

  // MARK: What both speak

  /// The escapes of a network's name and passphrase are kept in them: such a network is never
  /// joined.
  case ssidEscapesKept
  /// A weight is cut to 16 bits: more than 65.535 kg is reported wrong.
  case weightIn16Bits
}

#if PLANTED_BUGS
  /// The bug that is on; nil for none. Set before a run and not during it.
  nonisolated(unsafe) package var plantedBug: PlantedBug?

  @inline(__always)
  package func isPlanted(_ bug: PlantedBug) -> Bool { plantedBug == bug }
#else
  /// Whether the bug is on: never, and there is nothing to switch it on with, unless the build was
  /// made with `RELINK_PLANTED_BUGS=1`.
  @inlinable @inline(__always)
  package func isPlanted(_ bug: PlantedBug) -> Bool { false }
#endif
