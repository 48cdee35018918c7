import DeviceCore
import DeviceProtocol
import TestSupport
import Testing

struct WiFiStationTests {
  @Test(arguments: [WiFiFailure.networkNotFound, .wrongPassphrase, .routerDown])
  func `each failure to join is reported as itself and tried again`(failure: WiFiFailure) throws {
    var bench = DeviceBench()
    bench.send(.booted)
    bench.show(DeviceBench.payload())
    let ssid = try #require(SSID(bytes("home")))
    for attempt in 1...20 as ClosedRange<UInt16> {
      let failed = bench.send(.wifiFailed(failure))
      #expect(failed.reports.first == .wifi(.failed(failure), ssid: ssid))
      guard case .backoff(let wait, attempt)? = failed.reports.last else {
        Issue.record("\(failed)")
        return
      }
      #expect(wait <= min(300_000, 1_000 << UInt32(attempt - 1)))
      #expect(bench.wake().contains { $0.isJoin })
    }
    #expect(bench.send(.wifiJoined(signalDBm: -60)).reports.first == .wifi(.joined, ssid: ssid))
  }

  @Test func `other networks in reach end the wait at once`() {
    var bench = DeviceBench()
    bench.send(.booted)
    bench.show(DeviceBench.payload())
    bench.send(.wifiFailed(.networkNotFound))
    #expect(bench.send(.airChanged).contains { $0.isJoin })
    #expect(bench.send(.airChanged).isEmpty)
    // It changed while joining: the failure is of the air before.
    #expect(bench.send(.wifiFailed(.networkNotFound)).contains { $0.isJoin })
    #expect(!bench.send(.wifiFailed(.networkNotFound)).contains { $0.isJoin })
  }

  @Test func `a wrong passphrase is recovered from by another payload, paired or not`() throws {
    var bench = DeviceBench()
    bench.send(.booted)
    bench.show(DeviceBench.payload())
    bench.send(.wifiFailed(.wrongPassphrase))
    // A payload without pairing only replaces the network; the pairing token stays.
    let corrected = bench.show("WIFI:T:WPA;S:home;P:other horse;;")
    #expect(corrected.verdicts == [.accepted])
    #expect(corrected.contains { $0.isJoin })
    let joined = bench.send(.wifiJoined(signalDBm: -50))
    #expect(joined.requests.first?.field("pairing_token") == "rlkp_1")
  }

  @Test func `a lost network takes a device offline, and it returns with its access token`() {
    var bench = DeviceBench.online()
    let lost = bench.send(.wifiLost)
    #expect(lost.states == [.offline])
    #expect(lost.contains(.closeStream))
    #expect(bench.wake().contains { $0.isJoin })
    #expect(bench.send(.wifiJoined(signalDBm: -70)).streams == ["access-1"])
    #expect(bench.openStream().states == [.online])
  }

  @Test func `with an access token that has aged meanwhile it refreshes first`() {
    var bench = DeviceBench.online()
    bench.send(.wifiLost)
    bench.now += 900_000
    bench.wake()
    let joined = bench.send(.wifiJoined(signalDBm: -70))
    #expect(joined.streams.isEmpty)
    #expect(joined.requests.map { $0.name } == [.refresh])
  }

  @Test(arguments: [LifecycleName.online, .offline, .loggedOut])
  func `a payload without pairing moves a paired device to another network`(
    state: LifecycleName
  ) throws {
    var bench = DeviceBench.online()
    if state == .offline { bench.send(.streamFailed(.refused)) }
    if state == .loggedOut { bench.logOut() }
    #expect(bench.device.lifecycle == state)
    let shown = bench.show("WIFI:S:other;;")
    #expect(shown.verdicts == [.accepted])
    #expect(shown.storedKeys == [.wifi])
    #expect(shown.contains(.closeStream) == (state == .online))
    guard case .joinWiFi(let credentials)? = shown.last(where: { $0.isJoin }) else {
      Issue.record("no join")
      return
    }
    #expect(credentials.ssid == SSID(bytes("other")))
    let joined = bench.send(.wifiJoined(signalDBm: -50))
    if state == .loggedOut {
      #expect(joined.requests.map { $0.name } == [.relink])
    } else {
      #expect(joined.streams == ["access-1"])
    }
    // And it is there after a power cut.
    let rebooted = bench.reboot()
    guard case .joinWiFi(let stored)? = rebooted.first(where: { $0.isJoin }) else {
      Issue.record("no join after reboot")
      return
    }
    #expect(stored == credentials)
  }

  @Test func `late events of a radio that was switched off mean nothing`() {
    var bench = DeviceBench()
    bench.send(.booted)
    #expect(bench.send(.wifiJoined(signalDBm: -50)).isEmpty)
    #expect(bench.send(.wifiFailed(.routerDown)).isEmpty)
    #expect(bench.send(.wifiLost).isEmpty)
    #expect(bench.send(.airChanged).isEmpty)
  }
}
