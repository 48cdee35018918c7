import DeviceProtocol

#if !hasFeature(Embedded)
  // What carries secrets prints without them: into a log, an error or a failed assertion.

  extension StoredRecord: CustomStringConvertible {
    package var description: String {
      "StoredRecord(key: \(self.key.rawValue), byteCount: \(self.value.count))"
    }
  }

  extension Request: CustomStringConvertible {
    package var description: String {
      let path = String(decoding: self.path, as: UTF8.self)
      return "Request(\(self.id.value), \(self.name), \(self.method) \(path), redacted)"
    }
  }

  extension DeviceOutput: CustomStringConvertible {
    package var description: String {
      switch self {
      case .joinWiFi(let credentials): "joinWiFi(\(credentials))"
      case .leaveWiFi: "leaveWiFi"
      case .send(let request): "send(\(request))"
      case .openStream: "openStream(accessToken: redacted)"
      case .closeStream: "closeStream"
      case .store(let key, let value): "store(\(key.rawValue), byteCount: \(value.count))"
      case .wake(let deadline): "wake(at: \(deadline.milliseconds))"
      case .sleep: "sleep"
      case .report(let report): "report(\(report))"
      }
    }
  }

  extension Credentials: CustomStringConvertible {
    var description: String { "Credentials(redacted)" }
  }

  extension AccessToken: CustomStringConvertible {
    var description: String {
      "AccessToken(refreshAt: \(self.refreshAt.milliseconds), redacted)"
    }
  }

  extension DeviceEvent: CustomStringConvertible {
    package var description: String {
      switch self {
      case .booted: "booted"
      case .wakeUp: "wakeUp"
      case .wifiJoined(let signal): "wifiJoined(signalDBm: \(signal))"
      case .wifiFailed(let failure): "wifiFailed(\(failure))"
      case .wifiLost: "wifiLost"
      case .signalChanged(let signal): "signalChanged(signalDBm: \(signal))"
      case .airChanged: "airChanged"
      case .response(let id, let response): "response(\(id.value), status: \(response.status))"
      case .requestFailed(let id, let failure): "requestFailed(\(id.value), \(failure))"
      case .streamOpened: "streamOpened"
      case .streamEvent(let name, _):
        "streamEvent(\(String(decoding: name, as: UTF8.self)))"
      case .streamClosed(let response): "streamClosed(status: \(response?.status ?? 0))"
      case .streamFailed(let failure): "streamFailed(\(failure))"
      case .stored(let key): "stored(\(key.rawValue))"
      case .storeFailed(let key): "storeFailed(\(key.rawValue))"
      case .button(let heldMilliseconds): "button(heldMilliseconds: \(heldMilliseconds))"
      case .lens: "lens(text: redacted)"
      case .handover: "handover(text: redacted)"
      case .motion(let time): "motion(at: \(time.value))"
      case .steppedOn(_, let time): "steppedOn(redacted, at: \(time.value))"
      }
    }
  }
#endif
