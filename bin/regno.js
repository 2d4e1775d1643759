#!/usr/bin/env node
import { builtProgram } from './build-when-needed.js';

await import(builtProgram('app/cli.js'));
