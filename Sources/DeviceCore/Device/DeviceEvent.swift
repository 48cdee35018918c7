package import DeviceProtocol

/// What happens to a device: each is one call of `Device.handle(_:now:)`.
package enum DeviceEvent {
  /// The first event after power on.
  case booted
  /// The deadline of the last `DeviceOutput.wake(at:)` has passed.
  case wakeUp

  // The radio.
  case wifiJoined(signalDBm: Int8)
  case wifiFailed(WiFiFailure)
  /// A network that was joined is gone.
  case wifiLost
  /// The network that is joined is received with another strength.
  case signalChanged(signalDBm: Int8)
  /// Other networks may be in reach than before.
  case airChanged

  // The cloud.
  /// A complete answer to the request.
  case response(RequestID, Response)
  /// The request has no complete answer and will get none; whether the cloud acted on it is unknown.
  case requestFailed(RequestID, ConnectFailure)
  case streamOpened
  /// One server-sent event.
  case streamEvent(name: [UInt8], data: [UInt8])
  /// The event stream was refused (with an answer), or the cloud has ended it (without one).
  case streamClosed(Response?)
  /// The event stream could not be opened, or it broke.
  case streamFailed(ConnectFailure)

  // The flash.
  /// The record is in flash and survives a power cut from now on.
  case stored(RecordKey)
  case storeFailed(RecordKey)

  // The world. Times are milliseconds since 1970, by the device's wall clock.
  case button(heldMilliseconds: UInt32)
  /// A QR code before the camera's lens.
  case lens(text: [UInt8])
  /// A payload from a phone beside the scale.
  case handover(text: [UInt8])
  case motion(at: UnixMilliseconds)
  case steppedOn(Weighing, at: UnixMilliseconds)
}

/// What a device wants done, in this order. The caller drains `Device.pollOutput()` before the next
/// event.
package enum DeviceOutput: Equatable {
  /// Join this network. An earlier join or network is given up first, and no event tells of that.
  case joinWiFi(WiFiCredentials)
  /// No event follows.
  case leaveWiFi
  case send(Request)
  /// Open the event stream with this access token. One that is open stays so until the new one is,
  /// or fails; no event of it follows any more.
  case openStream(accessToken: [UInt8])
  /// No event follows.
  case closeStream
  /// Make the record durable, then answer `.stored` or `.storeFailed`. An empty value removes it.
  case store(RecordKey, [UInt8])
  /// Wake the device at this instant; replaces the earlier deadline.
  case wake(at: Instant)
  /// Forget the earlier deadline.
  case sleep
  case report(DeviceReport)
}

/// One exchange with the cloud, without the headers that the transport adds.
package struct Request: Equatable {
  package let id: RequestID
  package let name: RequestName
  package let method: Method
  /// An absolute path, ASCII.
  package let path: [UInt8]
  package let accessToken: [UInt8]?
  package let contentType: ContentType?
  package let body: [UInt8]

  package enum Method: Equatable { case get, post, delete }
  package enum ContentType: Equatable { case json, form }

  package init(
    id: RequestID, name: RequestName, method: Method, path: [UInt8], accessToken: [UInt8]?,
    contentType: ContentType?, body: [UInt8]
  ) {
    self.id = id
    self.name = name
    self.method = method
    self.path = path
    self.accessToken = accessToken
    self.contentType = contentType
    self.body = body
  }
}

/// What a request is for. `stream` is the event stream, in reports only.
package enum RequestName: Equatable {
  case pair, refresh, relink, heartbeat, motions, measurements, unbind, stream
}

/// A complete HTTP answer.
package struct Response: Equatable {
  package let status: UInt16
  /// Of `Retry-After`, in seconds; nil when absent or a date.
  package let retryAfterSeconds: UInt32?
  package let body: [UInt8]

  package init(status: UInt16, retryAfterSeconds: UInt32?, body: [UInt8]) {
    self.status = status
    self.retryAfterSeconds = retryAfterSeconds
    self.body = body
  }
}

/// Counts the requests of one boot.
package struct RequestID: Equatable {
  package let value: UInt32
  package init(_ value: UInt32) { self.value = value }
}

/// Why there is no answer. The raw values are fixed.
package enum ConnectFailure: UInt8, Equatable {
  /// Joined, but the network has no way to the cloud.
  case noRoute = 0
  case refused = 1
  case timedOut = 2
  /// The connection broke before the answer was complete.
  case reset = 3
  /// TLS: the cloud's certificate is of an authority that the device does not know.
  case unknownAuthority = 4
  case wrongHost = 5
  case certificateExpired = 6
  case otherTLS = 7
  /// What came back is not HTTP, or over the limit.
  case malformedAnswer = 8
}

/// Why a network could not be joined. The raw values are fixed.
package enum WiFiFailure: UInt8, Equatable {
  case networkNotFound = 0
  case wrongPassphrase = 1
  /// Associated, but nothing answers there: the router is down.
  case routerDown = 2
}

/// Of the device's journal; see `docs/protocol.md`.
package enum DeviceReport: Equatable {
  case state(from: LifecycleName, to: LifecycleName)
  case wifi(WiFiReport, ssid: SSID)
  case payload(PayloadVerdict)
  case request(RequestName, RequestOutcome)
  case backoff(milliseconds: UInt32, attempt: UInt16)
  /// Credentials are gone for good; the words are the cloud's `reason`, or the device's own.
  case loggedOut(reason: [UInt8])
}

package enum WiFiReport: Equatable {
  case joined, lost
  case failed(WiFiFailure)
}

package enum RequestOutcome: Equatable {
  case sent
  case ok(status: UInt16)
  case refused(status: UInt16, reason: [UInt8])
  case failed(ConnectFailure)
  /// The cloud ended the event stream.
  case ended
  /// The cloud refuses the motion or measurement for good; it is given up.
  case discarded(sequence: UInt32)
}

/// What became of a payload that the device was shown.
package enum PayloadVerdict: Equatable {
  case accepted
  case malformed(PairingPayloadError)
  case otherCloud
  case expired, used, unknown, alreadyBound
  /// The device does not take this payload now: a scale whose button was not pressed; a pairing
  /// payload for a device that is paired; a payload without pairing for one that never was.
  case notReady
}

package enum LifecycleName: Equatable {
  case factory, joiningWiFi, pairing, online, offline, loggedOut
}
