import DeviceProtocol

/// The built-in list: not the passwords themselves, which are millions, but what most of them are
/// made of. A word that everybody thinks of, in any case, with letters replaced by digits that look
/// alike, repeated, and with up to eight digits and symbols before and after it; runs, repetitions,
/// walks over the keyboard and dates.
enum CommonPasswords {
  /// - Parameter folded: In UTF-8, its ASCII letters in lower case.
  static func contain(_ folded: [UInt8]) -> Bool {
    if folded.isSimple || folded.isDate { return true }
    if self.words.contains(folded.unit) || self.walks.contains(folded) { return true }
    let core = folded.trimmed
    // Such as `abc123456` and `12345678a`: the few letters do not help.
    if core.count <= 3 {
      let digits = folded.filter(\.isDigit)
      return digits.count >= 5 && digits.isSimple
    }
    // So much besides that it is hard to guess, whatever the word.
    guard folded.count - core.count <= 8 else { return false }
    if core.isSimple || self.words.contains(core.unit) || self.walks.contains(core) { return true }
    return folded.readings.contains { self.words.contains($0.trimmed.unit) }
  }

  private static let walks: Set<[UInt8]> = Set(
    """
    1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 1qaz2wsx 1qaz2wsx3edc
    zaq12wsx zaq1zaq1 xsw2zaq1 qazwsx qazwsxedc qwer1234 1234qwer asdf1234 1234asdf a1b2c3d4
    a1s2d3f4 123qweasd 123qweasdzxc qweasdzxc qweasd 1qazxsw2 zaq1xsw2 147258369 159357 741852963
    789456123 123654789 14789632 987456321 qwe123qwe 1a2b3c4d 1z2x3c4v q2w3e4r5 11223344 1122334455
    12344321 123454321 12341234 123321123 112233445566 31415926 314159265 87654321 00000000
    """.split { $0 == " " || $0 == "\n" }.map { Array($0.utf8) })

  private static let words: Set<[UInt8]> = Set(
    """
    password passwort passord passwd passphrase pass motdepasse contrasena senha wachtwoord haslo
    parola lozinka secret geheim access login logon letmein welcome willkommen bienvenue admin
    administrator root toor user username guest test testing tester demo default changeme change
    temp temporary internet computer server system windows linux ubuntu apple google facebook
    instagram twitter youtube amazon microsoft samsung nokia android iphone pokemon minecraft
    fortnite roblox nintendo playstation xbox starwars startrek matrix batman superman spiderman
    ironman wolverine joker naruto pikachu gandalf hobbit merlin phoenix dragon dragons tiger lion
    monkey donkey chicken turtle dolphin panther eagle falcon hunter ranger killer master shadow
    ninja samurai viking pirate wizard knight warrior trooper soldier captain princess prince queen
    king angel angels angela devil lucifer heaven jesus christ jesuschrist church god blessed faith
    hope love lovely lover loveme loveyou iloveyou ilove iloveu ihateyou sexy sexsex fuckyou fuckoff
    fuck asshole bitch bullshit whatever nothing something anything forever always happy smile
    smiley friend friends family mother father mommy daddy mama papa brother sister baby babygirl
    babyboy boyfriend girlfriend sweet sweetie sweetheart honey sugar cookie cookies chocolate
    cheese pizza banana orange apples cherry strawberry pepper ginger peanut butter coffee vodka
    whiskey heineken corona cocacola pepsi summer winter spring autumn january february march april
    june july august september october november december monday tuesday wednesday thursday friday
    saturday sunday sunshine sunflower flower flowers rose purple yellow orange green black silver
    golden diamond crystal rainbow butterfly unicorn star stars moon moonlight midnight lightning
    thunder storm snow snowball ocean water fire earth nature football soccer baseball basketball
    hockey tennis golf golfer swimming running fitness barcelona realmadrid chelsea arsenal
    liverpool manchester juventus bayern steelers cowboys yankees lakers redsox packers dallas
    ferrari porsche mercedes mustang corvette camaro harley yamaha suzuki honda toyota nissan
    michael michelle jennifer jessica jordan joshua daniel david andrew anthony ashley amanda
    nicole robert thomas matthew charlie george william richard samantha stephanie elizabeth
    victoria natasha alexander alexandra benjamin jonathan nicholas patrick maggie bailey buster
    tigger molly rocky max sophie bella daisy lucky scooter casper ginger pumpkin precious beautiful
    gorgeous princesa hello helloworld hellokitty goodbye trustno trustme letsgo freedom liberty
    america canada england london paris berlin germany france italy india china japan brasil russia
    moscow mexico chicago boston newyork texas california florida qwerty qwertz azerty qwer asdf
    zxcv qwertyuiop qwertzuiop azertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm qweqwe asdasd zxczxc
    qazqaz abcdef abcdefg aaaa abcd xyz abc money dollar rich bitcoin business company office
    manager service support security network router camera kamera scale smarthome home house
    homesweethome wlan wifi wireless garden kitchen music guitar piano metallica nirvana eminem
    rockstar rocknroll slipknot hiphop dance dancer disco party vegas casino poker player gamer
    games gaming game champion winner number one blink marlboro hammer rabbit mickey mouse donald
    goofy disney tinkerbell cinderella snoopy garfield scooby scoobydoo simpson bart homer peaches
    pickle spider hottie cutie pretty barbie kitty kitten puppy doggie wolf bear elephant snake
    horse horses pony fish shark whale penguin bonjour soleil amour chouchou doudou loulou hallo
    schatz sommer hallohallo mypassword newpassword thepassword yourpassword nopassword
    mypass openup opensesame sesame abracadabra alohomora foobar foobarbaz lorem loremipsum qwaszx
    """.split { $0 == " " || $0 == "\n" }.map { Array($0.utf8) })
}

extension [UInt8] {
  /// Without the digits and symbols (ASCII) before and after it.
  fileprivate var trimmed: [UInt8] {
    guard let first = self.firstIndex(where: { !$0.isDigitOrSymbol }),
      let last = self.lastIndex(where: { !$0.isDigitOrSymbol })
    else { return [] }
    return Array(self[first...last])
  }

  /// The shortest beginning of which it is a repetition.
  fileprivate var unit: [UInt8] {
    for length in 1..<Swift.max(2, self.count) where self.count % length == 0 {
      if self.indices.allSatisfy({ self[$0] == self[$0 % length] }) {
        return Array(self.prefix(length))
      }
    }
    return self
  }

  /// A repetition of up to three characters, or a run such as `23456789`, `7890123` and `hgfedcba`,
  /// or a repetition of one.
  fileprivate var isSimple: Bool {
    let unit = self.unit
    return unit.count <= 3 && unit.count < self.count || unit.isRun
  }

  private var isRun: Bool {
    guard self.count >= 3 else { return false }
    return [1, -1].contains { step in
      zip(self, self.dropFirst()).allSatisfy { one, next in
        if one.isDigit, next.isDigit { return (Int(one) + step - Int(next)) % 10 == 0 }
        return Int(one) + step == Int(next)
      }
    }
  }

  /// Eight digits that are a day of 1900 to 2049, in one of three orders.
  fileprivate var isDate: Bool {
    guard self.count == 8, self.allSatisfy(\.isDigit) else { return false }
    func number(_ range: Range<Int>) -> Int {
      self[range].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
    func isDay(_ day: Int, _ month: Int, _ year: Int) -> Bool {
      (1...31).contains(day) && (1...12).contains(month) && (1900...2049).contains(year)
    }
    return isDay(number(0..<2), number(2..<4), number(4..<8))
      || isDay(number(2..<4), number(0..<2), number(4..<8))
      || isDay(number(6..<8), number(4..<6), number(0..<4))
  }

  /// With the digits and symbols that stand for letters read as those: all of them, and only those
  /// within, since at the end they are mostly what they are.
  fileprivate var readings: [[UInt8]] {
    guard let last = self.lastIndex(where: { !$0.isDigitOrSymbol }) else { return [] }
    return ["l", "i"].flatMap { (one: Unicode.Scalar) in
      [
        self.map { $0.read(one: UInt8(ascii: one)) },
        self[...last].map { $0.read(one: UInt8(ascii: one)) },
      ]
    }
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  fileprivate var isDigitOrSymbol: Bool {
    self < 0x80 && !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
  }

  /// The letter that it may stand for, else itself.
  fileprivate func read(one: UInt8) -> UInt8 {
    switch self {
    case UInt8(ascii: "0"): UInt8(ascii: "o")
    case UInt8(ascii: "1"), UInt8(ascii: "!"): one
    case UInt8(ascii: "3"): UInt8(ascii: "e")
    case UInt8(ascii: "4"), UInt8(ascii: "@"): UInt8(ascii: "a")
    case UInt8(ascii: "5"), UInt8(ascii: "$"): UInt8(ascii: "s")
    case UInt8(ascii: "7"), UInt8(ascii: "+"): UInt8(ascii: "t")
    default: self
    }
  }
}
