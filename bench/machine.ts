import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';

/** What figures depend on. */
export interface Machine {
  readonly cpu: string;
  /** Numbers of the cores this process may use. */
  readonly cores: readonly number[];
  readonly kernel: string;
  readonly node: string;
  /** Null: not installed. */
  readonly nginx: string | null;
  readonly haproxy: string | null;
  readonly redis: string | null;
  /** Files that one process may have open, as far as they are of use here. */
  readonly maxFiles: number;
  readonly canPin: boolean;
  /** The day of the run, `2026-11-21`. */
  readonly date: string;
}

/** Where distributions put nginx and HAProxy; an ordinary user's PATH lacks the second half. */
export const PATH: string = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

/** Redis, or Valkey. */
export const REDIS_SERVER: string = process.env['REDIS_SERVER'] || 'redis-server';

/** nginx and HAProxy reserve memory for as many connections as they are told. */
const ENOUGH_FILES = 20_000;

export function readMachine(): Machine {
  const status = readFileSync('/proc/self/status', 'utf8');
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const files = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: readCores(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '0'),
    kernel: release(),
    node: process.version.slice(1),
    nginx: versionOf('nginx', ['-v'], /nginx\/(\S+)/),
    haproxy: versionOf('haproxy', ['-v'], /HAProxy version ([\d.]+)/i),
    redis: versionOf(REDIS_SERVER, ['--version'], /v=([\d.]+)/),
    maxFiles: Math.min(ENOUGH_FILES, files === undefined ? 1024 : Number(files)),
    canPin: versionOf('taskset', ['--version'], /([\d.]+)/) !== null,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** `0-2,5` is 0, 1, 2 and 5. */
export function readCores(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

function versionOf(command: string, args: readonly string[], pattern: RegExp): string | null {
  const { error, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env: { PATH } });
  return error ? null : (pattern.exec(stdout + stderr)?.[1] ?? 'unknown');
}

/** Linux counts CPU time in hundredths of a second, whatever its own clock. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU time, user and system, all threads. 0 for a process that is gone. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const [, , , , , , , , , , , user = 0, system = 0] = readStat(pid);
    return Number(user) + Number(system);
  });
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

/** The same of this process, and of its children that ended. */
export function ownCpuSeconds(): number {
  const ticks = readStat(process.pid).slice(11, 15);
  return ticks.reduce((sum, value) => sum + Number(value), 0) / TICKS_PER_SECOND;
}

/** The same of everybody on this machine, without interrupts. */
export function allCpuSeconds(): number {
  const [, user = 0, nice = 0, system = 0] = readFileSync('/proc/stat', 'utf8').split(/\s+/).map(Number);
  return (user + nice + system) / TICKS_PER_SECOND;
}

export function parentOf(pid: number): number {
  return Number(readStat(pid)[1] ?? 0);
}

/** Resident memory in KiB. */
export function residentKib(pids: readonly number[]): number {
  const sizes = pids.map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  });
  return sizes.reduce((sum, value) => sum + value, 0);
}

/** The fields of /proc/PID/stat after the name, which may hold anything: state, parent, … */
function readStat(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
