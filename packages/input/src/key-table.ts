/**
 * What a key by HID usage (page 7) is called on each system. A row is `usage evdev windows mac`: usage and the last two
 * in hexadecimal, evdev in decimal, "-" where the system has no such key. Windows scan codes are of set 1, 0xE0xx with
 * the extended flag. Sources: HID Usage Tables 1.5 §10; Linux input-event-codes.h and hid-input.c; Microsoft "Keyboard
 * Scan Code Specification"; Apple HIToolbox/Events.h.
 */
const TABLE = [
  "04 30 1e 00 | 05 48 30 0b | 06 46 2e 08 | 07 32 20 02 | 08 18 12 0e | 09 33 21 03 | 0a 34 22 05 | 0b 35 23 04 | 0c 23 17 22 | 0d 36 24 26",
  "0e 37 25 28 | 0f 38 26 25 | 10 50 32 2e | 11 49 31 2d | 12 24 18 1f | 13 25 19 23 | 14 16 10 0c | 15 19 13 0f | 16 31 1f 01 | 17 20 14 11",
  "18 22 16 20 | 19 47 2f 09 | 1a 17 11 0d | 1b 45 2d 07 | 1c 21 15 10 | 1d 44 2c 06",
  "1e 2 02 12 | 1f 3 03 13 | 20 4 04 14 | 21 5 05 15 | 22 6 06 17 | 23 7 07 16 | 24 8 08 1a | 25 9 09 1c | 26 10 0a 19 | 27 11 0b 1d",
  "28 28 1c 24 | 29 1 01 35 | 2a 14 0e 33 | 2b 15 0f 30 | 2c 57 39 31 | 2d 12 0c 1b | 2e 13 0d 18 | 2f 26 1a 21 | 30 27 1b 1e | 31 43 2b 2a",
  "33 39 27 29 | 34 40 28 27 | 35 41 29 32 | 36 51 33 2b | 37 52 34 2f | 38 53 35 2c | 39 58 3a 39",
  "3a 59 3b 7a | 3b 60 3c 78 | 3c 61 3d 63 | 3d 62 3e 76 | 3e 63 3f 60 | 3f 64 40 61 | 40 65 41 62 | 41 66 42 64 | 42 67 43 65 | 43 68 44 6d | 44 87 57 67 | 45 88 58 6f",
  "46 99 e037 - | 47 70 46 - | 48 119 45 - | 49 110 e052 72 | 4a 102 e047 73 | 4b 104 e049 74 | 4c 111 e053 75 | 4d 107 e04f 77 | 4e 109 e051 79",
  "4f 106 e04d 7c | 50 105 e04b 7b | 51 108 e050 7d | 52 103 e048 7e",
  "53 69 e045 47 | 54 98 e035 4b | 55 55 37 43 | 56 74 4a 4e | 57 78 4e 45 | 58 96 e01c 4c",
  "59 79 4f 53 | 5a 80 50 54 | 5b 81 51 55 | 5c 75 4b 56 | 5d 76 4c 57 | 5e 77 4d 58 | 5f 71 47 59 | 60 72 48 5b | 61 73 49 5c | 62 82 52 52 | 63 83 53 41",
  "64 86 56 0a | 65 127 e05d 6e | 66 116 e05e - | 67 117 59 51",
  "68 183 64 69 | 69 184 65 6b | 6a 185 66 71 | 6b 186 67 6a | 6c 187 68 40 | 6d 188 69 4f | 6e 189 6a 50 | 6f 190 6b 5a | 70 191 6c - | 71 192 6d - | 72 193 6e - | 73 194 76 -",
  "74 134 - - | 75 138 e03b - | 76 130 - - | 77 132 - - | 79 129 - - | 7a 131 e008 - | 7b 137 e017 - | 7c 133 e018 - | 7d 135 e00a - | 7e 136 - -",
  "7f 113 e020 4a | 80 115 e030 48 | 81 114 e02e 49",
  "85 121 7e 5f | 87 89 73 5e | 88 93 70 - | 89 124 7d 5d | 8a 92 79 - | 8b 94 7b -",
  "90 122 72 68 | 91 123 71 66 | 92 90 78 - | 93 91 77 - | 94 85 - -",
  "e0 29 1d 3b | e1 42 2a 38 | e2 56 38 3a | e3 125 e05b 37 | e4 97 e01d 3e | e5 54 36 3c | e6 100 e038 3d | e7 126 e05c 36",
  "e8 164 e022 - | e9 166 e024 - | ea 165 e010 - | eb 163 e019 - | ec 161 e02c -",
  "f0 150 e032 - | f1 158 e06a - | f2 159 e069 - | f3 128 e068 - | f4 217 e065 -",
  "f8 142 e05f - | fa 173 e067 - | fb 140 e021 -",
] as const;

interface KeyCodes {
  readonly evdev: number;
  readonly windows: number | undefined;
  readonly mac: number | undefined;
}

/** The key beside a European Enter reports this usage on some keyboards and 0x31 on others; it is one key. */
const NON_US_HASH = 0x32;
const BACKSLASH = 0x31;

const keys: (KeyCodes | undefined)[] = [];
for (const line of TABLE)
  for (const row of line.split(" | ")) {
    const [usage = "", evdev = "", windows = "", mac = ""] = row.split(" ");
    keys[Number.parseInt(usage, 16)] = {
      evdev: Number.parseInt(evdev, 10),
      windows: windows === "-" ? undefined : Number.parseInt(windows, 16),
      mac: mac === "-" ? undefined : Number.parseInt(mac, 16),
    };
  }
keys[NON_US_HASH] = keys[BACKSLASH];

/** The Linux evdev code (KEY_*, 1..247) of a usage, if it has one. */
export function evdevOfUsage(usage: number): number | undefined {
  return keys[usage]?.evdev;
}

/** The Windows scan code (set 1; 0xE0xx with the extended flag) of a usage, if it has one. */
export function windowsScanCodeOfUsage(usage: number): number | undefined {
  return keys[usage]?.windows;
}

/** The macOS virtual key code (kVK_*, 0..126) of a usage, if it has one. */
export function macKeyOfUsage(usage: number): number | undefined {
  return keys[usage]?.mac;
}
