import CloudCore
import DeviceProtocol

extension Action {
  /// An action of a journal: its case and what it says, as Swift prints it; without secrets, since
  /// passphrases of a plan are not those of anybody.
  var inWords: String {
    switch self {
    case .stage(let title): title
    case .expect(let expectation): "expect \(expectation.inWords)"
    case .wait(let duration): "wait \(duration.inWords)"
    case .mark(let name): "mark \(name)"
    case .pair(let selection, let pairing):
      "pair \(selection.inWords)" + (pairing.owner.map { " by \($0)" } ?? "")
        + (pairing.passphrase == nil ? "" : " with another passphrase")
    case .makeToken(let name, let owner, _): "make token \(name) of \(owner)"
    case .show(let token, let device, _): "show token \(token) to \(device)"
    case .changeNetwork(let selection, let ssid):
      "change network of \(selection.inWords) to \(text(ssid.description))"
    case .reset(let selection): "reset \(selection.inWords)"
    case .remove(let selection): "remove \(selection.inWords)"
    case .use(let selection, let times): "use \(selection.inWords) \(times) times"
    case .power(.devices(let selection), let isOn):
      "power \(isOn ? "on" : "off") of \(selection.inWords)"
    case .power(.home(let home), let isOn): "power \(isOn ? "on" : "off") in \(home)"
    case .cutPower(let device, let point): "cut power of \(device) \(point)"
    case .reach(let selection, let isInReach):
      "\(isInReach ? "into" : "out of") reach: \(selection.inWords)"
    case .network(let home, let ssid, let state):
      "network \(text(ssid.description)) of \(home) \(state.rawValue)"
    case .replaceRouter(let home, let ssid, let network):
      "router of \(home) replaced: \(text(ssid.description)) by \(text(network.ssid.description))"
    case .fault(let fault): "fault: \(fault.exchange.rawValue) \(fault.nth) \(fault.harm.inWords)"
    case .heal: "heal"
    case .cloud(let action): "cloud \(action.rawValue)"
    case .logOut(let scope, _): "log out \(scope.inWords)"
    case .clock(let device, let duration):
      "clock of \(device ?? "cloud") by \(duration.inWords)"
    case .logIn(let selection): "log in \(selection.inWords)"
    case .signOut(let selection): "sign out \(selection.inWords)"
    case .refresh(let selection, let count): "refresh \(selection.inWords) \(count) at once"
    case .look(let selection): "look \(selection.inWords)"
    case .steal(let holder, let name): "steal from \(holder) as \(name)"
    case .replay(let name, let count, _): "replay \(name) \(count) at once"
    }
  }
}

extension Fault.Harm {
  /// As a scenario file has it.
  var inWords: String {
    switch self {
    case .beforeCommit: "cut before_commit"
    case .afterCommit: "cut after_commit"
    case .afterByte(let count): "cut_after_byte \(count)"
    case .delay(let duration, let phase):
      "delay \(duration.inWords)" + (phase == .afterCommit ? "" : ", phase \(phase.rawValue)")
    case .duplicate: "duplicate"
    case .status(let status, let retryAfter, let phase):
      "status \(status)" + (retryAfter.map { ", retry_after \($0.inWords)" } ?? "")
        + (phase == .beforeCommit ? "" : ", phase \(phase.rawValue)")
    case .malformed(let malformation, let phase):
      "malformed \(malformation.rawValue)"
        + (phase == .afterCommit ? "" : ", phase \(phase.rawValue)")
    }
  }
}

extension Action.LogoutScope {
  var inWords: String {
    switch self {
    case .everyone: "everyone"
    case .kind(let kind): "every \(kind.rawValue)"
    case .account(let email): "the account \(email)"
    case .device(let nickname): nickname
    case .session(let email): "the session of \(email)"
    case .region(let region): "region \(region.text)"
    case .issuedBefore(let ago?): "what was issued before \(ago.inWords) ago"
    case .issuedBefore(nil): "what was issued before now"
    case .list(let names, _): "a list of \(names.count)"
    }
  }
}
